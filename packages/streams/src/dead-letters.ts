import type { Broker } from './broker.ts';
import { type Attempt, type Codec, FIELD, historyOf, type MessageHead, shortError } from './message.ts';
import { asEntries, asNumber, type StreamEntry } from './replies.ts';
import { replayDeadLetter } from './scripts/replay-dead-letter.ts';
import { DEAD_LETTERS_MAX } from './scripts/settle-batch.ts';
import { deadLetterKey } from './stream-declaration.ts';

/** A message its consumers gave up. */
export interface DeadLetter<M extends MessageHead> {
  readonly id: string;
  /** When it was written, Unix ms. */
  readonly atMs: number;
  /** Undefined if it does not parse. */
  readonly message: M | undefined;
  /** As it was on the stream. */
  readonly json: string;
  readonly history: readonly Attempt[];
  readonly reason: string;
  readonly error: string;
  /** The stream it came from, its entry id there, and the group that gave it up. */
  readonly source: string;
  readonly entryId: string;
  readonly group: string;
}

/** Which dead letters; a member that is absent lets all through. */
export interface DeadLetterFilter {
  /** The stream they came from. */
  readonly source?: string | undefined;
  readonly reason?: string | undefined;
  readonly type?: string | undefined;
  /** Part of the error's text. */
  readonly error?: string | undefined;
  /** Written at this time or later, and before that one; Unix ms. */
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
}

export interface DeadLetterQuery {
  readonly filter?: DeadLetterFilter | undefined;
  /** Older ones than this id, which is excluded. */
  readonly before?: string | undefined;
  /** At most so many, 50 by default and 1,000 at most. */
  readonly limit?: number | undefined;
}

export interface DeadLetterPage<M extends MessageHead> {
  readonly letters: readonly DeadLetter<M>[];
  /** Where to go on with `before`; undefined at the end. There may be one although nothing more is found. */
  readonly next: string | undefined;
}

export interface ReplayOptions {
  /** To every group of the stream instead of the one that gave it up. */
  readonly toAllGroups?: boolean | undefined;
  /** Who asks for it: kept in the history. */
  readonly by?: string | undefined;
  /** The span that puts it back: kept in the history. */
  readonly traceparent?: string | undefined;
  /** Goes out in the same script: whoever must be told that something is on the stream. Its streams share the tag. */
  readonly publish?: readonly { readonly stream: string; readonly json: string }[] | undefined;
}

/**
 * What became of a replay. `repeated`: it had been put back before, under that entry id. `no_stream`: its stream is gone,
 * it stays where it is.
 */
export type Replayed =
  | { readonly kind: 'replayed' | 'repeated'; readonly entryId: string }
  | { readonly kind: 'unknown' | 'no_stream' };

export interface DeadLetters<M extends MessageHead> {
  /** The newest first; `before` is the id of the last one of the page before. At most 1,000. */
  list(page?: Omit<DeadLetterQuery, 'filter'>): Promise<DeadLetter<M>[]>;
  /** The newest first. Looks at 10,000 dead letters at most; `next` says where it stopped. */
  find(query: DeadLetterQuery): Promise<DeadLetterPage<M>>;
  get(id: string): Promise<DeadLetter<M> | undefined>;
  count(): Promise<number>;
  /**
   * Puts it back on its stream for the group that gave it up, or for all of them. Its history goes along and its attempts
   * are counted anew. Done once however often it is asked for.
   */
  replay(id: string, options?: ReplayOptions): Promise<Replayed>;
  /** False if it is not there (any more). */
  remove(id: string): Promise<boolean>;
}

/** Something given up that was never on a stream, as a dead letter of one. */
export interface NewDeadLetter {
  /** The message that a replay puts on the stream. */
  readonly json: string;
  readonly history: readonly Attempt[];
  readonly reason: string;
  readonly error: string;
  /** The stream a replay puts it on, and the group it is for. */
  readonly source: string;
  readonly group: string;
}

/** The arguments, after the key, of the XADD that writes it among the dead letters of its stream (`deadLetterKey`). */
export const deadLetterArgs = ({ json, history, reason, error, source, group }: NewDeadLetter): string[] => [
  ...['MAXLEN', '~', String(DEAD_LETTERS_MAX), '*', FIELD.message, json],
  ...[FIELD.history, JSON.stringify(history), 'reason', reason, 'error', shortError(error)],
  ...['source', source, 'entry', '', 'group', group],
];

const PAGE = 50;
const PAGE_MAX = 1000;
const SCAN_PAGE = 500;
const SCAN_MAX = 10_000;
const ENTRY_ID = /^\d{1,20}-\d{1,20}$/;

/** The dead letters of a stream. */
export function deadLetters<M extends MessageHead>(
  broker: Broker,
  codec: Codec<M>,
  stream: string,
): DeadLetters<M> {
  const key = deadLetterKey(stream);
  const read = (entry: StreamEntry): DeadLetter<M> => readLetter(entry, codec, stream);
  const page = async (before: string | undefined, count: number): Promise<DeadLetter<M>[]> => {
    // One more is asked for instead of an exclusive range, which not every server knows.
    const reply = await broker.call('XREVRANGE', key, before ?? '+', '-', 'COUNT', count + 1);
    return asEntries(reply)
      .filter(({ id }) => id !== before)
      .slice(0, count)
      .map(read);
  };
  const get = async (id: string): Promise<DeadLetter<M> | undefined> => {
    if (!ENTRY_ID.test(id)) return undefined;
    const [entry] = asEntries(await broker.call('XRANGE', key, id, id));
    return entry && read(entry);
  };
  return {
    async list({ before, limit = PAGE } = {}) {
      if (before !== undefined && !ENTRY_ID.test(before)) return [];
      return page(before, bounded(limit));
    },
    async find({ filter = {}, before, limit = PAGE }) {
      if (before !== undefined && !ENTRY_ID.test(before)) return { letters: [], next: undefined };
      const wanted = bounded(limit);
      const letters: DeadLetter<M>[] = [];
      let from = before;
      for (let scanned = 0; scanned < SCAN_MAX; scanned += SCAN_PAGE) {
        const looked = await page(from, SCAN_PAGE);
        for (const letter of looked) {
          if (matches(letter, filter)) letters.push(letter);
          if (letters.length === wanted) return { letters, next: letter.id };
        }
        from = looked.at(-1)?.id;
        const over = from === undefined || looked.length < SCAN_PAGE;
        if (over || isBefore(from, filter.sinceMs)) return { letters, next: undefined };
      }
      return { letters, next: from };
    },
    get,
    count: async () => asNumber(await broker.call('XLEN', key)),
    async replay(id, { toAllGroups = false, by = '', traceparent, publish = [] } = {}) {
      if (!ENTRY_ID.test(id)) return { kind: 'unknown' };
      const source = (await get(id))?.source ?? stream;
      const atMs = broker.serverNowMs();
      const mark: Attempt = { at_ms: atMs, consumer: by, duration_ms: 0, outcome: 'replayed', traceparent };
      return replayDeadLetter(broker, {
        ...{ stream, source, id, onlyItsGroup: !toAllGroups, publish },
        mark: JSON.stringify(mark),
      });
    },
    async remove(id) {
      return ENTRY_ID.test(id) && asNumber(await broker.call('XDEL', key, id)) === 1;
    },
  };
}

const bounded = (limit: number): number => Math.min(Math.max(1, limit), PAGE_MAX);

const isBefore = (id: string | undefined, sinceMs: number | undefined): boolean =>
  sinceMs !== undefined && Number(id?.split('-')[0]) < sinceMs;

function matches<M extends MessageHead>(letter: DeadLetter<M>, filter: DeadLetterFilter): boolean {
  const { source, reason, type, error, sinceMs, untilMs } = filter;
  return (
    (source === undefined || letter.source === source) &&
    (reason === undefined || letter.reason === reason) &&
    (type === undefined || letter.message?.type === type) &&
    (error === undefined || letter.error.includes(error)) &&
    (sinceMs === undefined || letter.atMs >= sinceMs) &&
    (untilMs === undefined || letter.atMs < untilMs)
  );
}

function readLetter<M extends MessageHead>(
  { id, fields }: StreamEntry,
  codec: Codec<M>,
  stream: string,
): DeadLetter<M> {
  const json = fields[FIELD.message] ?? '';
  const decoded = codec.decode(json);
  return {
    id,
    atMs: Number(id.split('-')[0]),
    message: decoded.ok ? decoded.message : undefined,
    json,
    history: historyOf({ id, fields }),
    reason: fields.reason ?? '',
    error: fields.error ?? '',
    source: fields.source ?? stream,
    entryId: fields.entry ?? '',
    group: fields.group ?? '',
  };
}
