import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node';
import { type BreakerOptions, createBreaker } from './flow/breaker.ts';
import type { BreakerState } from './flow/flow-board.ts';

const DEFAULTS: BreakerOptions = { breakAfter: 3, tryAfterMs: 1_000, tryAfterMsMax: 30_000 };

/**
 * Hands batches on while they are taken. After `breakAfter` that were not, batches are dropped at once, and one is tried
 * now and then, ever less often, until one is taken.
 */
export function breakingExporter(
  inner: SpanExporter,
  options: BreakerOptions = DEFAULTS,
): { exporter: SpanExporter; state: () => BreakerState } {
  const breaker = createBreaker(options);
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
          .run(() => send(spans))
          .then(
            () => done({ code: 0 }),
            (error: Error) => done({ code: 1, error }),
          );
      },
      shutdown: () => inner.shutdown(),
      forceFlush: async () => inner.forceFlush?.(),
    },
    state: () => breaker.state,
  };
}
