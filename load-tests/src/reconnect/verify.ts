// What the broker has at the end, beside what the stations know: nothing lost, nothing there twice.
import {
  asEntries,
  asHash,
  asList,
  asNumber,
  type Broker,
  compareEntryIds,
  deadLetterKey,
  delayedKey,
  FIELD,
  FIRST_ID,
  type StreamEntry,
} from '@nova-torch/streams';
import { type Book, Sequence } from './book.ts';
import { doneStream, GROUP, type SoakMessage, WORK, workStream } from './soak-message.ts';
import type { Station } from './station.ts';

const PAGE = 1_000;
const SHOWN = 5;

/** One thing that must not be, with how often it was found and the first of them. */
export interface Check {
  readonly what: string;
  readonly found: number;
  readonly first: readonly string[];
}

class Findings {
  readonly #found = new Map<string, { count: number; first: string[] }>();

  constructor(what: readonly string[]) {
    for (const name of what) this.#found.set(name, { count: 0, first: [] });
  }

  add(what: string, detail: string): void {
    const found = this.#found.get(what);
    if (found === undefined) throw new Error(`'${what}' is not checked`);
    found.count += 1;
    if (found.first.length < SHOWN) found.first.push(detail);
  }

  get checks(): Check[] {
    return [...this.#found].map(([what, { count, first }]) => ({ what, found: count, first }));
  }
}

const LOST = 'messages the broker said it had that are not on the stream';
const TWICE_SENT = 'messages appended twice by one call';
const STRANGE = 'messages on a stream that nobody sent';
const NOT_DONE = 'messages on the stream that had no effect';
const TWICE_DONE = 'messages that had their effect twice';
const DEAD = 'good messages among the dead letters';
const LEFT = 'messages still pending or waiting to be tried again';
const FEED = 'feeds not followed exactly: an entry missed, twice or out of order';

async function* entriesOf(broker: Broker, stream: string): AsyncGenerator<StreamEntry> {
  let from = '-';
  for (;;) {
    const entries = asEntries(await broker.call('XRANGE', stream, from, '+', 'COUNT', PAGE));
    yield* entries;
    const last = entries.at(-1);
    if (last === undefined || entries.length < PAGE) return;
    from = `(${last.id}`;
  }
}

/** The number of a message of work; undefined for a question. */
function numberOf({ fields }: StreamEntry): number | undefined {
  const { type, payload } = JSON.parse(fields[FIELD.message] ?? '') as SoakMessage;
  return type === WORK ? payload.n : undefined;
}

/** How often each message of work is in a stream; a next attempt is the same message once more and not counted. */
async function countNumbers(
  broker: Broker,
  stream: string,
  onEntry: (entry: StreamEntry) => void = () => undefined,
): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  for await (const entry of entriesOf(broker, stream)) {
    onEntry(entry);
    const n = numberOf(entry);
    if (n === undefined || entry.fields[FIELD.history]) continue;
    counts.set(n, (counts.get(n) ?? 0) + 1);
  }
  return counts;
}

/** Compares every stream with the books. The broker is asked past the faults, while nothing is sent. */
export async function verifyStreams(
  broker: Broker,
  stations: readonly Pick<Station, 'followed'>[],
  books: readonly Book[],
): Promise<Check[]> {
  const findings = new Findings([LOST, TWICE_SENT, STRANGE, NOT_DONE, TWICE_DONE, DEAD, LEFT, FEED]);
  for (const [number, book] of books.entries()) {
    const stream = workStream(number);
    const appended = await countNumbers(broker, stream);
    const followed = new Sequence();
    const done = await countNumbers(broker, doneStream(number), ({ id }) => followed.add(id));
    for (let n = 0; n < book.size; n += 1) {
      const [onStream, effects] = [appended.get(n) ?? 0, done.get(n) ?? 0];
      const detail = `${n} at station ${number}: appended ${onStream}, handled ${book.timesHandled(n)}, effects ${effects}`;
      if (book.sent(n) === 'appended' && onStream === 0) findings.add(LOST, detail);
      if (onStream > 1) findings.add(TWICE_SENT, detail);
      if (onStream > 0 && effects === 0) findings.add(NOT_DONE, detail);
      if (effects > 1) findings.add(TWICE_DONE, detail);
    }
    for (const n of appended.keys()) if (n >= book.size) findings.add(STRANGE, `${n} at station ${number}`);
    for await (const { fields } of entriesOf(broker, deadLetterKey(stream))) {
      findings.add(DEAD, `${fields.entry} at station ${number}: ${fields.reason}, ${fields.error}`);
    }
    const left = await leftAt(broker, stream);
    if (left !== '') findings.add(LEFT, `station ${number}: ${left}`);
    const own = stations[number]?.followed;
    if (!own?.equals(followed)) {
      findings.add(FEED, `station ${number}: ${own?.length} entries followed of ${followed.length}`);
    }
  }
  return findings.checks;
}

/** What waits at a station; '' for nothing. */
export async function leftAt(broker: Broker, stream: string): Promise<string> {
  const [pending] = asList(await broker.call('XPENDING', stream, GROUP));
  const delayed = asNumber(await broker.call('ZCARD', delayedKey(stream)));
  const unread = await unreadAt(broker, stream);
  const parts = [
    [asNumber(pending), 'pending'],
    [delayed, 'to be tried again'],
    [unread, 'unread'],
  ] as const;
  return parts
    .filter(([count]) => count !== 0)
    .map(([count, what]) => `${count} ${what}`)
    .join(', ');
}

/**
 * 1 if the group has not read the newest entry, else 0. Not from the group's `lag`: Redis 7.0 gets that wrong once it
 * was restarted with an append-only file.
 */
async function unreadAt(broker: Broker, stream: string): Promise<number> {
  const [group] = asList(await broker.call('XINFO', 'GROUPS', stream));
  const [newest] = asEntries(await broker.call('XREVRANGE', stream, '+', '-', 'COUNT', 1));
  const lastRead = asHash(group)?.['last-delivered-id'] ?? FIRST_ID;
  return newest !== undefined && compareEntryIds(newest.id, lastRead) > 0 ? 1 : 0;
}
