import type { Broker } from './broker.ts';
import { entryIdAfter, FIRST_ID } from './entry-id.ts';
import { codeOf } from './errors.ts';
import { groupFacts } from './group-facts.ts';
import { asHash, asList, asNumber, asString, type Command, type Reply } from './replies.ts';
import { defineScript } from './script.ts';
import { deadLetterKey, delayedKey } from './stream-declaration.ts';

/** How much of a work stream waits for one group. Times are those of entry ids, Unix ms by the server's clock. */
export interface Backlog {
  readonly stream: string;
  /** Entries kept, with those settled and not trimmed yet. */
  readonly entries: number;
  /** Entries behind the last one given to the group, {@link LAG_MAX} at most; all kept ones while it does not exist. */
  readonly lag: number;
  readonly oldestWaitingMs: number | undefined;
  /** Entries given to the group and not settled. */
  readonly pending: number;
  readonly oldestPendingMs: number | undefined;
  /** Names of the group's consumers, of those that are gone too. */
  readonly consumers: readonly string[];
  readonly delayed: number;
  readonly deadLetters: number;
}

/** A backlog is counted up to here. */
export const LAG_MAX = 10_000;
/** Entries counted by one call of the script: 0.3 ms on a busy machine. */
const STEP = 100;

interface Step {
  readonly count: number;
  readonly firstId: string;
  readonly lastId: string;
}

const countAfter = defineScript<Step>({
  name: 'count-after',
  file: new URL('./scripts/count-after.lua', import.meta.url),
  parse: (reply) => {
    const [count, firstId, lastId] = asList(reply);
    return { count: asNumber(count), firstId: asString(firstId), lastId: asString(lastId) };
  },
});

/**
 * Reads the backlog of a group in several work streams. What waits is counted entry by entry, because the lag a server
 * tells is lost (Dragonfly) or wrong (Redis 7.0) after a restart. Rejects with the broker's error.
 */
export async function readBacklogs(
  broker: Broker,
  streams: readonly string[],
  group: string,
): Promise<Backlog[]> {
  const sizes = await broker.batch(
    streams.flatMap((stream): Command[] => [
      ['XLEN', stream],
      ['ZCARD', delayedKey(stream)],
      ['XLEN', deadLetterKey(stream)],
    ]),
  );
  return Promise.all(
    streams.map(async (stream, index) => {
      const [entries = 0, delayed = 0, deadLetters = 0] = sizes.slice(index * 3).map(asNumber);
      const ofGroup = await readGroup(broker, stream, group, entries);
      return { stream, entries, delayed, deadLetters, ...ofGroup };
    }),
  );
}

async function readGroup(broker: Broker, stream: string, group: string, entries: number) {
  // Each alone, because a stream or a group that does not exist yet is an error of its own call only.
  const ask = (command: string, ...args: string[]): Promise<Reply> =>
    broker.call(command, ...args).catch(nothingIfAbsent);
  const [groups, pending, consumers] = await Promise.all([
    ask('XINFO', 'GROUPS', stream),
    ask('XPENDING', stream, group),
    ask('XINFO', 'CONSUMERS', stream, group),
  ]);
  const own = groupFacts(groups, group);
  const waiting =
    entries === 0 ? NOTHING : await countWaitingAfter(broker, stream, own?.['last-delivered-id'] ?? FIRST_ID);
  const [count, oldestPending] = asList(pending);
  return {
    ...waiting,
    pending: asNumber(count) || 0,
    oldestPendingMs: msOf(asString(oldestPending)),
    consumers: asList(consumers).map((reply) => asHash(reply)?.name ?? ''),
  };
}

/** Any other failure says nothing about the stream: taken for an answer it would make all entries wait. */
function nothingIfAbsent(error: unknown): undefined {
  const code = codeOf(error);
  if (code !== 'NOGROUP' && code !== 'ERR') throw error;
}

const NOTHING = { lag: 0, oldestWaitingMs: undefined };

/** Counts in steps, none of which holds the server for long. */
async function countWaitingAfter(
  broker: Broker,
  stream: string,
  lastGiven: string,
): Promise<Pick<Backlog, 'lag' | 'oldestWaitingMs'>> {
  let lag = 0;
  let oldestId = '';
  let from = entryIdAfter(lastGiven);
  while (lag < LAG_MAX) {
    const { count, firstId, lastId } = await broker.run(countAfter, { keys: [stream], args: [from, STEP] });
    if (oldestId === '') oldestId = firstId;
    lag += count;
    if (count < STEP) break;
    from = entryIdAfter(lastId);
  }
  return { lag, oldestWaitingMs: msOf(oldestId) };
}

function msOf(id: string): number | undefined {
  return id === '' ? undefined : asNumber(id.split('-')[0]);
}
