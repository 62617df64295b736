// What becomes of ended spans: how many wait, how many were sent, and what the log hears of it.
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-node';
import type { SpanOutcome, TracingOptions } from './tracing-options.ts';

/** An exporter, and how many spans it is done with so far. */
export interface ReportingExporter {
  readonly exporter: SpanExporter;
  readonly done: () => number;
}

/**
 * Hands batches on through the guard, counts what became of them, and logs only when that changes.
 */
export function reportingExporter(
  inner: SpanExporter,
  { logger, guard = (call) => call(), count }: Pick<TracingOptions, 'logger' | 'guard' | 'count'>,
): ReportingExporter {
  let failing = false;
  let left = 0;
  const send = (spans: ReadableSpan[]) =>
    new Promise<void>((resolve, reject) => {
      inner.export(spans, ({ code, error }) => {
        if (code === 0 && error === undefined) resolve();
        else reject(error ?? new Error('the collector did not take the spans'));
      });
    });
  const report = (error: Error | undefined, spans: number): void => {
    left += spans;
    count?.(outcomeOf(error), spans);
    if (error !== undefined && !failing) logger?.warn({ err: error }, 'spans could not be sent');
    if (error === undefined && failing) logger?.info('spans can be sent again');
    failing = error !== undefined;
  };
  return {
    done: () => left,
    exporter: {
      export(spans: ReadableSpan[], done) {
        guard(() => send(spans)).then(
          () => {
            report(undefined, spans.length);
            done({ code: 0 });
          },
          (error: Error) => {
            report(error, spans.length);
            done({ code: 1, error });
          },
        );
      },
      shutdown: () => inner.shutdown(),
      forceFlush: async () => inner.forceFlush?.(),
    },
  };
}

/** An answer of the collector that no repetition mends is a refusal; silence, and answers it may change, are not. */
function outcomeOf(error: Error | undefined): SpanOutcome {
  if (error === undefined) return 'sent';
  const status = (error as { code?: unknown }).code;
  return typeof status === 'number' && status >= 400 && status < 500 && status !== 429
    ? 'refused'
    : 'dropped';
}

/** Lets at most `max` spans wait or be on their way, and counts those it drops, which the SDK does in silence. */
export function boundedProcessor(
  inner: SpanProcessor,
  { max, sending, count }: { max: number; sending: ReportingExporter } & Pick<TracingOptions, 'count'>,
): SpanProcessor {
  let given = 0;
  return {
    onStart: (span, context) => inner.onStart(span, context),
    onEnd(span) {
      if (given - sending.done() >= max) {
        count?.('dropped', 1);
        return;
      }
      given += 1;
      inner.onEnd(span);
    },
    forceFlush: () => inner.forceFlush(),
    shutdown: () => inner.shutdown(),
  };
}
