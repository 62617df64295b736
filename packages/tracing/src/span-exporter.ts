import {
  type Link,
  type Span as OtelSpan,
  SpanKind as OtelSpanKind,
  ROOT_CONTEXT,
  type SpanContext,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  type IdGenerator,
  NodeTracerProvider,
  RandomIdGenerator,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-node';
import { boundedProcessor, reportingExporter } from './exporting.ts';
import type { PastSpan, Span, SpanAttributes, SpanKind, SpanOptions } from './span.ts';
import { formatTraceparent, parseTraceparent, type TraceParent } from './trace-context.ts';
import type { TracingOptions } from './tracing-options.ts';
import { VERSION } from './version.ts';

/** How long the last flush may take: a collector that is gone must not hold up the end of the process. */
const FLUSH_DEADLINE_MS = 2_000;
/** One batch with its repetitions, whose timers keep a process alive after its end: no longer than the last flush. */
const EXPORT_TIMEOUT_MS = FLUSH_DEADLINE_MS;
const SEND_EVERY_MS = 1_000;
/** Spans that wait to be sent, or are on their way. */
const SPANS_MAX = 2_048;

const KINDS: Record<SpanKind, OtelSpanKind> = {
  internal: OtelSpanKind.INTERNAL,
  server: OtelSpanKind.SERVER,
  client: OtelSpanKind.CLIENT,
  producer: OtelSpanKind.PRODUCER,
  consumer: OtelSpanKind.CONSUMER,
};

/** Starts spans, each of which is sampled, and sends them in batches. */
export interface SpanSource {
  startSpan(name: string, options: SpanOptions, parent: TraceParent | undefined): Span;
  record(spans: readonly PastSpan[]): void;
  stop(): Promise<void>;
}

/**
 * Sets up OpenTelemetry for one process: OTLP over HTTP to `<endpoint>/v1/traces`, in batches, at most 2,048 spans in
 * memory, further ones dropped. It samples all it is given: what is not sampled does not come here. Registers nothing
 * globally. A collector that fails is logged once, and once again when it is back.
 */
export function createSpanExporter(options: TracingOptions & { endpoint: string }): SpanSource {
  const { service, instance, endpoint, headers, logger, guard, count, redact = asItIs } = options;
  const collector: SpanExporter = new OTLPTraceExporter({
    url: tracesUrl(endpoint),
    timeoutMillis: EXPORT_TIMEOUT_MS,
    ...(headers && { headers: { ...headers } }),
  });
  const ids = placedIds();
  const sending = reportingExporter(collector, { logger, guard, count });
  const batches = new BatchSpanProcessor(sending.exporter, {
    scheduledDelayMillis: SEND_EVERY_MS,
    maxQueueSize: SPANS_MAX,
  });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({
      'service.name': service,
      'service.namespace': 'nova-torch',
      'service.instance.id': instance,
      'service.version': VERSION,
    }),
    sampler: new AlwaysOnSampler(),
    idGenerator: ids,
    spanProcessors: [boundedProcessor(batches, { max: SPANS_MAX, sending, count })],
  });
  const tracer = provider.getTracer('@nova-torch/tracing');
  let stopped: Promise<void> | undefined;

  return {
    startSpan(name, { kind = 'internal', attributes, links }, parent) {
      const start = { kind: KINDS[kind], attributes: given(attributes), links: linksTo(links) };
      return wrap(tracer.startSpan(name, start, below(parent)), redact);
    },
    record(spans) {
      for (const past of spans) {
        const { name, kind = 'internal', attributes, links, startMs, endMs, error } = past;
        // As dates: a number before the start of this process is taken for one on its own clock.
        const [startTime, endTime] = [new Date(startMs), new Date(Math.max(startMs, endMs))];
        ids.placeNext(parseTraceparent(past.traceparent));
        const told = { attributes: redacted(given(attributes), redact), links: linksTo(links) };
        const start = { kind: KINDS[kind], ...told, startTime };
        const span = tracer.startSpan(name, start, below(parseTraceparent(past.parent)));
        ids.placeNext(undefined);
        if (error !== undefined) fail(span, error, redact, endTime);
        span.end(endTime);
      }
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

/** Random ids, unless the next span has a place: that of the span whose traceparent was passed on while it was not recorded. */
function placedIds(): IdGenerator & { placeNext(place: TraceParent | undefined): void } {
  const random = new RandomIdGenerator();
  let next: TraceParent | undefined;
  return {
    placeNext(place) {
      next = place;
    },
    generateTraceId: () => next?.traceId ?? random.generateTraceId(),
    generateSpanId: () => next?.spanId ?? random.generateSpanId(),
  };
}

function contextOf({ traceId, spanId }: TraceParent): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
}

const below = (parent: TraceParent | undefined) =>
  parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, contextOf(parent));

function linksTo(traceparents: readonly string[] = []): Link[] {
  return traceparents.flatMap((text) => {
    const place = parseTraceparent(text);
    return place === undefined ? [] : [{ context: contextOf(place) }];
  });
}

type Redact = (text: string) => string;
const asItIs: Redact = (text) => text;

function wrap(span: OtelSpan, redact: Redact): Span {
  const { traceId, spanId } = span.spanContext();
  return {
    traceparent: formatTraceparent({ traceId, spanId, sampled: true }),
    set: (attributes) => void span.setAttributes(given(attributes)),
    end(error) {
      if (!span.isRecording()) return;
      if (error !== undefined) fail(span, error, redact);
      span.end();
    },
  };
}

function fail(span: OtelSpan, error: unknown, redact: Redact, at?: Date): void {
  const message = redact(error instanceof Error ? error.message : String(error));
  const exception =
    error instanceof Error ? { name: error.name, message, stack: redact(error.stack ?? '') } : message;
  span.recordException(exception, at);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

/** Attributes of spans of the past tell why something failed, in the words of whoever reported it. */
function redacted(
  attributes: ReturnType<typeof given>,
  redact: Redact,
): Record<string, string | number | boolean> {
  const entries = Object.entries(attributes);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'string' ? redact(value) : value]),
  );
}

function given(attributes: SpanAttributes = {}): Record<string, string | number | boolean> {
  const result: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) result[name] = value;
  }
  return result;
}

async function flushed(provider: NodeTracerProvider): Promise<void> {
  const deadline = Promise.withResolvers<void>();
  const timer = setTimeout(deadline.resolve, FLUSH_DEADLINE_MS);
  const shutdown = provider.shutdown().catch(() => undefined);
  await Promise.race([shutdown, deadline.promise]);
  clearTimeout(timer);
}
