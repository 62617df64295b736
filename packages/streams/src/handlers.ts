import { errorText } from './errors.ts';
import type { Delivered, MessageHead } from './message.ts';
import type { Outcome } from './outcome.ts';

/** Handles one message. `signal` fires when the deadline has passed and the result is ignored. */
export type Handler<M extends MessageHead> = (
  message: Delivered<M>,
  signal: AbortSignal,
) => Promise<Outcome> | Outcome;

/** Handles a batch: one outcome per message, in order. */
export type BatchHandler<M extends MessageHead> = (
  messages: Delivered<M>[],
  signal: AbortSignal,
) => Promise<Outcome[]> | Outcome[];

/** Handlers by message type, or one for whole batches. */
export type Handlers<M extends MessageHead> =
  | (Readonly<Record<string, Handler<M>>> & { readonly batch?: never })
  | { readonly batch: BatchHandler<M> };

/** How a handler ended: with outcomes, or not. */
export type Handled<T> =
  | { readonly kind: 'done'; readonly value: T; readonly durationMs: number }
  | {
      readonly kind: 'error' | 'timeout';
      readonly cause: unknown;
      readonly error: string;
      readonly durationMs: number;
    };

export function isBatchHandlers<M extends MessageHead>(
  handlers: Handlers<M>,
): handlers is { readonly batch: BatchHandler<M> } {
  return handlers.batch !== undefined;
}

/** Runs a handler under a deadline in ms. Never rejects; what a late handler returns or throws is dropped. */
export async function runWithin<T>(
  timeoutMs: number,
  handler: (signal: AbortSignal) => Promise<T> | T,
): Promise<Handled<T>> {
  const startedAt = performance.now();
  const controller = new AbortController();
  const expired = Promise.withResolvers<Handled<T>>();
  const duration = (): number => Math.round(performance.now() - startedAt);
  const timer = setTimeout(() => {
    const error = `the handler did not finish within ${timeoutMs} ms`;
    const cause = new Error(error);
    expired.resolve({ kind: 'timeout', cause, error, durationMs: duration() });
    controller.abort(cause);
  }, timeoutMs);
  try {
    return await Promise.race([
      expired.promise,
      (async (): Promise<Handled<T>> => {
        try {
          const value = await handler(controller.signal);
          return { kind: 'done', value, durationMs: duration() };
        } catch (cause) {
          return { kind: 'error', cause, error: errorText(cause), durationMs: duration() };
        }
      })(),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
