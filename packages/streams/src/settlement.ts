import type { Backoff } from './backoff.ts';
import type { Delivery } from './delivery.ts';
import { HISTORY_MAX, withAttempt } from './delivery.ts';
import { encodeBounded } from './encode.ts';
import { errorText } from './errors.ts';
import { type Attempt, type Codec, type MessageHead, shortError } from './message.ts';
import type { Outcome } from './outcome.ts';
import type { Settlement } from './scripts/settle-batch.ts';

/** How an attempt ended, to be turned into what happens to the entry. */
export interface AttemptEnd {
  readonly outcome: Outcome;
  readonly durationMs: number;
  /** What the attempt counts as in the history if it was not the handler's own decision. */
  readonly failure?: 'error' | 'timeout' | undefined;
}

export interface SettlementPolicy<M extends MessageHead> {
  readonly codec: Codec<M>;
  readonly consumer: string;
  readonly backoff: Backoff;
  readonly maxDeliveries: number;
  /** The consumer's group if the stream has others too, which must not see a next attempt; else ''. */
  readonly onlyGroup: string;
  /** Server time, Unix ms. */
  readonly nowMs: number;
  /** In [0, 1). */
  readonly random: number;
}

/**
 * Decides what becomes of an entry after an attempt. A retry beyond `maxDeliveries` becomes a dead letter with
 * reason `max_deliveries`; an answer that cannot be encoded counts as a failed attempt.
 */
export function settlementOf<M extends MessageHead>(
  delivery: Delivery<M>,
  end: AttemptEnd,
  policy: SettlementPolicy<M>,
): Settlement {
  const { outcome } = end;
  const entry = { stream: delivery.stream, entryId: delivery.entryId };
  switch (outcome.kind) {
    case 'ack': {
      try {
        const publish = outcome.publish.map((out) => ({
          stream: out.stream,
          json: encodeBounded(policy.codec, out.message as M),
          onlyIfExists: out.onlyIfExists === true,
        }));
        return { ...entry, step: { kind: 'ack', publish } };
      } catch (error) {
        const failed: Outcome = { kind: 'retry', afterMs: undefined, error: errorText(error) };
        return settlementOf(delivery, { ...end, outcome: failed, failure: 'error' }, policy);
      }
    }
    case 'dead_letter': {
      const history = withAttempt(delivery.history, attemptOf(end, 'dead_letter', outcome.error, policy));
      return { ...entry, step: deadLetterStep(delivery.json, history, outcome.reason, outcome.error ?? '') };
    }
    case 'retry': {
      const history = withAttempt(
        delivery.history,
        attemptOf(end, end.failure ?? 'retry', outcome.error, policy),
      );
      if (delivery.attempt >= policy.maxDeliveries || delivery.attempt >= HISTORY_MAX) {
        const error = outcome.error ?? `given up after ${delivery.attempt} attempts`;
        return { ...entry, step: deadLetterStep(delivery.json, history, 'max_deliveries', error) };
      }
      const afterMs = outcome.afterMs ?? policy.backoff.delayMs(delivery.attempt, policy.random);
      return {
        ...entry,
        step: {
          kind: 'retry',
          afterMs: Math.max(0, Math.round(afterMs)),
          json: delivery.json,
          history: JSON.stringify(history),
          onlyGroup: policy.onlyGroup,
        },
      };
    }
  }
}

/** The step that writes a dead letter. */
export function deadLetterStep(
  json: string,
  history: readonly Attempt[],
  reason: string,
  error: string,
): Settlement['step'] {
  return { kind: 'dead_letter', json, history: JSON.stringify(history), reason, error: shortError(error) };
}

function attemptOf<M extends MessageHead>(
  end: AttemptEnd,
  outcome: Attempt['outcome'],
  error: string | undefined,
  policy: SettlementPolicy<M>,
): Attempt {
  const attempt: Attempt = {
    at_ms: policy.nowMs,
    consumer: policy.consumer,
    duration_ms: end.durationMs,
    outcome,
  };
  return error === undefined ? attempt : { ...attempt, error: shortError(error) };
}
