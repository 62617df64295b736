import {
  type Attempt,
  type Codec,
  type Delivered,
  FIELD,
  historyOf,
  type MessageHead,
  shortError,
} from './message.ts';
import type { StreamEntry } from './replies.ts';

/** An entry as a consumer got it. */
export interface TakenEntry {
  readonly stream: string;
  readonly entry: StreamEntry;
  /** Deliveries of this very entry before this one that were never settled. */
  readonly lostDeliveries: number;
  /** The last of those: who took it, and when (server ms). */
  readonly lastLost?: { readonly consumer: string; readonly atMs: number } | undefined;
}

/** A delivered message with the JSON it came in, which goes on unchanged to a next attempt or a dead letter. */
export interface Delivery<M extends MessageHead> extends Delivered<M> {
  readonly json: string;
}

/** What an entry turns out to be. */
export type Opened<M extends MessageHead> =
  | { readonly kind: 'message'; readonly delivery: Delivery<M> }
  /** To be acknowledged without a handler: deleted while pending, or meant for another group. */
  | { readonly kind: 'skip'; readonly why: 'deleted' | 'other_group' }
  /** To be dead-lettered without a handler. */
  | {
      readonly kind: 'reject';
      readonly reason: 'invalid' | 'expired' | 'max_deliveries';
      readonly error: string;
      readonly json: string;
      readonly history: readonly Attempt[];
      readonly partial: Partial<MessageHead> | undefined;
    };

export interface OpenContext<M extends MessageHead> {
  readonly codec: Codec<M>;
  readonly group: string;
  readonly consumer: string;
  /** Server time, Unix ms. */
  readonly nowMs: number;
  readonly maxDeliveries: number;
}

/** Attempts kept in an entry's history; no message is tried more often. */
export const HISTORY_MAX = 50;

/** The attempts since the message was last put back from the dead letters: those count against its deliveries. */
const attemptsOf = (history: readonly Attempt[]): number =>
  history.length - 1 - history.findLastIndex(({ outcome }) => outcome === 'replayed');

/** Adds an attempt to a history, keeping the newest. */
export function withAttempt(history: readonly Attempt[], attempt: Attempt): Attempt[] {
  return [...history, attempt].slice(-HISTORY_MAX);
}

/** Reads an entry: what it carries, how often it was tried, and whether it is to be handled at all. */
export function openEntry<M extends MessageHead>(taken: TakenEntry, context: OpenContext<M>): Opened<M> {
  const { stream, entry } = taken;
  if (Object.keys(entry.fields).length === 0) return { kind: 'skip', why: 'deleted' };
  const onlyGroup = entry.fields[FIELD.group];
  if (onlyGroup !== undefined && onlyGroup !== '' && onlyGroup !== context.group) {
    return { kind: 'skip', why: 'other_group' };
  }
  const json = entry.fields[FIELD.message] ?? '';
  const history = withLostAttempts(historyOf(entry), taken, context);
  const decoded = context.codec.decode(json);
  if (!decoded.ok) {
    const { error, partial } = decoded;
    const { nowMs, consumer } = context;
    const refused: Attempt = { at_ms: nowMs, consumer, duration_ms: 0, outcome: 'dead_letter', error };
    return {
      kind: 'reject',
      reason: 'invalid',
      error,
      json,
      history: withAttempt(history, { ...refused, error: shortError(error) }),
      partial,
    };
  }
  const { message } = decoded;
  const rejected = { kind: 'reject', json, history, partial: message } as const;
  if (message.expires_at !== undefined && message.expires_at * 1000 <= context.nowMs) {
    const error = `expired at ${new Date(message.expires_at * 1000).toISOString()}`;
    return { ...rejected, reason: 'expired', error };
  }
  const attempts = attemptsOf(history);
  if (attempts >= Math.min(context.maxDeliveries, HISTORY_MAX)) {
    const error = history.at(-1)?.error ?? 'every delivery was lost';
    return { ...rejected, reason: 'max_deliveries', error };
  }
  return {
    kind: 'message',
    delivery: { message, entryId: entry.id, stream, attempt: attempts + 1, history, json },
  };
}

function withLostAttempts(
  history: Attempt[],
  { lostDeliveries, lastLost }: TakenEntry,
  { nowMs, consumer }: { readonly nowMs: number; readonly consumer: string },
): Attempt[] {
  let all = history;
  for (let i = 0; i < Math.min(lostDeliveries, HISTORY_MAX); i += 1) {
    const error = 'the consumer that took the message was gone before it settled it';
    const { consumer: by, atMs } = lastLost ?? { consumer, atMs: nowMs };
    all = withAttempt(all, { at_ms: atMs, consumer: by, duration_ms: 0, outcome: 'lost', error });
  }
  return all;
}
