import type { ExponentialBackoffOptions } from './backoff.ts';

/** How much is kept, and for how long in milliseconds. */
export interface Bounds {
  readonly maxLen: number;
  readonly maxAgeMs: number;
}

/** What a stream is, as the catalog declares it. */
export interface StreamDeclaration {
  readonly key: string;
  /** `work`: consumer groups, acknowledged, trimmed by acknowledgement. `feed`: read by everybody, trimmed by age and length. */
  readonly kind: 'work' | 'feed';
  /** Every group that must acknowledge an entry of a work stream before it may be trimmed. */
  readonly groups: readonly string[];
  /** Attempts before a message is dead-lettered; the consumer's own option if absent. */
  readonly maxDeliveries?: number | undefined;
  /** The pause before a next attempt; the consumer's own option if absent. */
  readonly backoff?: ExponentialBackoffOptions | undefined;
  /** Entries taken by one read at most; of several streams read together the least counts. */
  readonly batch?: number | undefined;
  /** Messages handled at the same time; the consumer's own option if absent. Batch handlers take one batch at a time. */
  readonly concurrency?: number | undefined;
  /** What its dead letters are trimmed to. */
  readonly deadLetters?: Bounds | undefined;
  /** Entries a feed keeps at most. */
  readonly maxLen?: number | undefined;
  /** Age in milliseconds after which a feed's entries may go. */
  readonly maxAgeMs?: number | undefined;
}

/** The least batch any of the streams declares, and at most `most`. */
export const leastBatch = (streams: readonly (StreamDeclaration | string)[], most: number): number =>
  streams.reduce(
    (least, stream) => Math.min(least, typeof stream === 'string' ? most : (stream.batch ?? most)),
    most,
  );

/** The sorted set of a stream's delayed messages, by due time in server ms. */
export const delayedKey = (stream: string): string => `${stream}.delayed`;

/** The hash with the bodies of a stream's delayed messages. */
export const delayedBodyKey = (stream: string): string => `${stream}.delayed.body`;

/** A stream that belongs to one of many by its id, `<family>.<kind>-0-<32 hex digits>`: an inbox, say. */
const ONE_OF_MANY = /\.[a-z]+-\d{1,4}-[0-9a-f]{32}$/;

/**
 * The stream of a stream's dead letters. Streams of one id each share those of their family, so that they are found in
 * one place and outlive their stream.
 */
export const deadLetterKey = (stream: string): string => `${stream.replace(ONE_OF_MANY, '')}.dlq`;

/** Remembers for a day where a dead letter went when it was put back, so that asking again does not put it back again. */
export const replayedKey = (stream: string, deadLetterId: string): string =>
  `${deadLetterKey(stream)}.replayed.${deadLetterId}`;

/** The stream on which an instance gets its answers. */
export const replyStreamKey = (tag: string, instance: string): string => `${tag}.replies.${instance}`;

/** The lease of one consumer name of a group. */
export const consumerLeaseKey = (tag: string, group: string, slot: number): string =>
  `${tag}:streams:consumer:${group}:${slot}`;
