import type { Broker } from './broker.ts';
import { type Attempt, type Codec, FIELD, historyOf, type MessageHead } from './message.ts';
import { asEntries, asNumber, type StreamEntry } from './replies.ts';
import { replayDeadLetter } from './scripts/replay-dead-letter.ts';
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

export interface DeadLetters<M extends MessageHead> {
  /** The newest first; `before` is the id of the last one of the page before. At most 1,000. */
  list(page?: {
    readonly before?: string | undefined;
    readonly limit?: number | undefined;
  }): Promise<DeadLetter<M>[]>;
  get(id: string): Promise<DeadLetter<M> | undefined>;
  count(): Promise<number>;
  /**
   * Puts it back on its stream, its attempts forgotten, for the group that gave it up or for all of them. Returns
   * the new entry id; undefined if it is not there (any more).
   */
  replay(id: string, options?: { readonly toAllGroups?: boolean | undefined }): Promise<string | undefined>;
  /** False if it is not there (any more). */
  remove(id: string): Promise<boolean>;
}

const PAGE = 50;
const PAGE_MAX = 1000;
const ENTRY_ID = /^\d{1,20}-\d{1,20}$/;

/** The dead letters of a stream. */
export function deadLetters<M extends MessageHead>(
  broker: Broker,
  codec: Codec<M>,
  stream: string,
): DeadLetters<M> {
  const key = deadLetterKey(stream);
  const read = ({ id, fields }: StreamEntry): DeadLetter<M> => {
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
  };
  return {
    async list({ before, limit = PAGE } = {}) {
      if (before !== undefined && !ENTRY_ID.test(before)) return [];
      const count = Math.min(Math.max(1, limit), PAGE_MAX);
      // One more is asked for instead of an exclusive range, which not every server knows.
      const reply = await broker.call('XREVRANGE', key, before ?? '+', '-', 'COUNT', count + 1);
      return asEntries(reply)
        .filter(({ id }) => id !== before)
        .slice(0, count)
        .map(read);
    },
    async get(id) {
      if (!ENTRY_ID.test(id)) return undefined;
      const [entry] = asEntries(await broker.call('XRANGE', key, id, id));
      return entry && read(entry);
    },
    count: async () => asNumber(await broker.call('XLEN', key)),
    async replay(id, { toAllGroups = false } = {}) {
      return ENTRY_ID.test(id) ? replayDeadLetter(broker, stream, id, !toAllGroups) : undefined;
    },
    async remove(id) {
      return ENTRY_ID.test(id) && asNumber(await broker.call('XDEL', key, id)) === 1;
    },
  };
}
