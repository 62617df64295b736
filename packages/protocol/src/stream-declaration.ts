import { DEFAULT_MESSAGING, type FeedField, type Messaging, type WorkField } from './messaging.ts';
import { STREAMS, type StreamField, type StreamKind, type StreamRow, streamKeys } from './streams.ts';

/** A stream as the mechanics take it: what it is, and its policy. */
export interface StreamDeclaration {
  readonly key: string;
  readonly kind: StreamKind;
  readonly groups: readonly string[];
  readonly maxDeliveries?: number;
  readonly backoff?: { readonly baseMs: number; readonly factor: number; readonly maxMs: number };
  readonly batch?: number;
  readonly concurrency?: number;
  readonly deadLetters?: { readonly maxLen: number; readonly maxAgeMs: number };
  readonly maxLen?: number;
  readonly maxAgeMs?: number;
}

/** Declaration of one stream of a partition, with the policy given or the built-in one. */
export function declareStream(
  partition: number,
  field: StreamField,
  messaging: Messaging = DEFAULT_MESSAGING,
): StreamDeclaration {
  const row: StreamRow = STREAMS[field];
  const key = streamKeys(partition)[field];
  if (row.kind === 'feed') {
    const { retention } = messaging[field as FeedField];
    return { key, kind: 'feed', groups: [], ...boundsOf(retention) };
  }
  const { max_deliveries, backoff, batch, concurrency, dead_letters } = messaging[field as WorkField];
  return {
    ...{ key, kind: 'work', groups: row.readBy, maxDeliveries: max_deliveries, batch, concurrency },
    backoff: { baseMs: backoff.initial_s * 1000, factor: backoff.factor, maxMs: backoff.max_s * 1000 },
    deadLetters: boundsOf(dead_letters),
  };
}

/** A retention as the mechanics take it. */
export const boundsOf = (retention: {
  readonly max_entries: number;
  readonly max_age_s: number;
}): { maxLen: number; maxAgeMs: number } => ({
  maxLen: retention.max_entries,
  maxAgeMs: retention.max_age_s * 1000,
});
