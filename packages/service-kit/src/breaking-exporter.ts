import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';
import { CircuitState, ConsecutiveBreaker, circuitBreaker, ExponentialBackoff, handleAll } from 'cockatiel';
import type { BreakerState } from './flow/flow-board.ts';

/** When nothing is sent any more, and when one batch is tried again; times in ms. */
export interface BreakingOptions {
  breakAfter: number;
  tryAfterMs: number;
  tryAfterMsMax: number;
}

const DEFAULTS: BreakingOptions = { breakAfter: 3, tryAfterMs: 1_000, tryAfterMsMax: 30_000 };

/**
 * Hands batches on while they are taken. After `breakAfter` that were not, batches are dropped at once, and one is tried
 * now and then, ever less often, until one is taken.
 */
export function breakingExporter(
  inner: SpanExporter,
  { breakAfter, tryAfterMs, tryAfterMsMax }: BreakingOptions = DEFAULTS,
): { exporter: SpanExporter; state: () => BreakerState } {
  const breaker = circuitBreaker(handleAll, {
    breaker: new ConsecutiveBreaker(breakAfter),
    halfOpenAfter: new ExponentialBackoff({ initialDelay: tryAfterMs, maxDelay: tryAfterMsMax }),
  });
  const send = (spans: ReadableSpan[]) =>
    new Promise<void>((resolve, reject) => {
      inner.export(spans, ({ code, error }) => {
        if (code === 0 && error === undefined) resolve();
        else reject(error ?? new Error('the collector did not take the spans'));
      });
    });
  return {
    exporter: {
      export(spans: ReadableSpan[], done) {
        breaker
          .execute(() => send(spans))
          .then(
            () => done({ code: 0 }),
            (error: Error) => done({ code: 1, error }),
          );
      },
      shutdown: () => inner.shutdown(),
      forceFlush: async () => inner.forceFlush?.(),
    },
    state() {
      if (breaker.state === CircuitState.Closed) return 'closed';
      return breaker.state === CircuitState.HalfOpen ? 'half-open' : 'open';
    },
  };
}
