import type { MessageHead, Outgoing } from './message.ts';

/**
 * What a handler decided. The entry is acknowledged in the same script that publishes what goes with it, schedules
 * the next attempt or writes the dead letter.
 */
export type Outcome<M extends MessageHead = MessageHead> =
  | { readonly kind: 'ack'; readonly publish: readonly Outgoing<M>[] }
  | { readonly kind: 'retry'; readonly afterMs: number | undefined; readonly error: string | undefined }
  | { readonly kind: 'dead_letter'; readonly reason: string; readonly error: string | undefined };

const plainAck: Outcome<never> = { kind: 'ack', publish: [] };

/** Done. `publish` goes out in the script of the acknowledgement; its streams share the tag of the entry's stream. */
export function ack<M extends MessageHead = never>(publish: readonly Outgoing<M>[] = []): Outcome<M> {
  return publish.length === 0 ? plainAck : { kind: 'ack', publish };
}

/**
 * Not now: the message comes back after `afterMs` (the consumer's backoff if absent), or is dead-lettered when its
 * attempts are used up.
 */
export function retry(options: { afterMs?: number; error?: string } = {}): Outcome<never> {
  return { kind: 'retry', afterMs: options.afterMs, error: options.error };
}

/** Never: the message goes to the stream's dead letters with the reason (a short code) and the error's text. */
export function deadLetter(reason: string, error?: string): Outcome<never> {
  return { kind: 'dead_letter', reason, error };
}
