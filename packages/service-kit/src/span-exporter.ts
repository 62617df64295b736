import {
  type Span as OtelSpan,
  SpanKind as OtelSpanKind,
  ROOT_CONTEXT,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  NodeTracerProvider,
  ParentBasedSampler,
  type ReadableSpan,
  type SpanExporter,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node';
import { breakingExporter } from './breaking-exporter.ts';
import type { Logger } from './logger.ts';
import { formatTraceparent, type TraceParent } from './trace-context.ts';
import type { Span, SpanAttributes, SpanKind, SpanOptions, TracingOptions } from './tracing.ts';

/** How long the last flush may take: a collector that is gone must not hold up the end of the process. */
const FLUSH_DEADLINE_MS = 2_000;
const EXPORT_TIMEOUT_MS = 5_000;

const KINDS: Record<SpanKind, OtelSpanKind> = {
  internal: OtelSpanKind.INTERNAL,
  server: OtelSpanKind.SERVER,
  client: OtelSpanKind.CLIENT,
  producer: OtelSpanKind.PRODUCER,
  consumer: OtelSpanKind.CONSUMER,
};

/** Starts sampled spans and sends them in batches. */
export interface SpanSource {
  startSpan(name: string, options: SpanOptions, parent: TraceParent | undefined): Span;
  stop(): Promise<void>;
}

/**
 * Sets up OpenTelemetry for one process: OTLP over HTTP to `<endpoint>/v1/traces`, batches, bounded queue (2,048
 * spans, then dropped), parent-based ratio sampling. Registers nothing globally. A collector that fails is logged
 * once, and once again when it is back; while it fails its spans are dropped at once, and it is tried now and then.
 */
export function createSpanExporter(options: TracingOptions & { endpoint: string }): SpanSource {
  const { service, instance, endpoint, ratio, logger, flow } = options;
  const exporter = new OTLPTraceExporter({ url: tracesUrl(endpoint), timeoutMillis: EXPORT_TIMEOUT_MS });
  const breaking = breakingExporter(exporter);
  flow?.breaker('span export', breaking.state);
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({
      'service.name': service,
      'service.namespace': 'nova-torch',
      'service.instance.id': instance,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [
      new BatchSpanProcessor(reportingFailures(breaking.exporter, logger), {
        scheduledDelayMillis: 1_000,
      }),
    ],
  });
  const tracer = provider.getTracer('@nova-torch/service-kit');
  let stopped: Promise<void> | undefined;

  return {
    startSpan(name, spanOptions, parent) {
      const context =
        parent === undefined
          ? ROOT_CONTEXT
          : trace.setSpanContext(ROOT_CONTEXT, {
              traceId: parent.traceId,
              spanId: parent.spanId,
              traceFlags: parent.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
              isRemote: true,
            });
      const attributes = given(spanOptions.attributes);
      return wrap(
        tracer.startSpan(name, { kind: KINDS[spanOptions.kind ?? 'internal'], attributes }, context),
      );
    },
    stop() {
      stopped ??= flushed(provider);
      return stopped;
    },
  };
}

/** The traces' address of an OTLP endpoint: `http://collector:4318` → `http://collector:4318/v1/traces`. */
export function tracesUrl(endpoint: string): string {
  return endpoint.endsWith('/v1/traces') ? endpoint : `${endpoint.replace(/\/+$/, '')}/v1/traces`;
}

function wrap(span: OtelSpan): Span {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    traceparent: formatTraceparent({ traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 }),
    set: (attributes) => void span.setAttributes(given(attributes)),
    end(error) {
      if (!span.isRecording()) return;
      if (error !== undefined) {
        const message = error instanceof Error ? error.message : String(error);
        span.recordException(error instanceof Error ? error : message);
        span.setStatus({ code: SpanStatusCode.ERROR, message });
      }
      span.end();
    },
  };
}

function given(attributes: SpanAttributes = {}): Record<string, string | number | boolean> {
  const result: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) result[name] = value;
  }
  return result;
}

/** Hands batches on and logs only when the collector's state changes. */
function reportingFailures(inner: SpanExporter, logger: Logger | undefined): SpanExporter {
  let failing = false;
  return {
    export(spans: ReadableSpan[], done) {
      inner.export(spans, (result) => {
        const failed = result.error !== undefined || result.code !== 0;
        if (failed && !failing) logger?.warn({ err: result.error }, 'spans could not be sent');
        if (!failed && failing) logger?.info('spans can be sent again');
        failing = failed;
        done(result);
      });
    },
    shutdown: () => inner.shutdown(),
    forceFlush: async () => inner.forceFlush?.(),
  };
}

async function flushed(provider: NodeTracerProvider): Promise<void> {
  const deadline = Promise.withResolvers<void>();
  const timer = setTimeout(deadline.resolve, FLUSH_DEADLINE_MS);
  const shutdown = provider.shutdown().catch(() => undefined);
  await Promise.race([shutdown, deadline.promise]);
  clearTimeout(timer);
}
