/**
 * Spans and the `traceparent` that joins them over processes.
 *
 *   trace-context.ts   the W3C text and the work going on (AsyncLocalStorage); needs no OpenTelemetry
 *   span.ts            what a span is
 *   tracing.ts         what services and agents use: spans of calls and of messages
 *   messaging.ts       what a span says about a message and its stream
 *   failures.ts        how many failures of traces that are not sampled are recorded all the same
 *   span-exporter.ts   the OpenTelemetry SDK; loaded only if an endpoint is configured, since that takes 300 ms
 *
 * T1  Every task has a trace: without an exporter a valid traceparent is made and passed on unchanged.
 * T2  The decision to sample is taken once, where the trace starts; everyone below follows it (parent-based).
 * T3  A span that is not sampled costs no call into the SDK, unless it ends in an error.
 * T4  A span that fails is recorded, sampled or not, as long as failures are few (failures.ts).
 */
import { type FailureBudget, failureBudget } from './failures.ts';
import {
  messageAttributes,
  type Received,
  replaysIn,
  streamAttributes,
  streamName,
  textMember,
} from './messaging.ts';
import type { PastSpan, Span, SpanAttributes, SpanOptions } from './span.ts';
import type { SpanSource } from './span-exporter.ts';
import {
  currentTraceparent,
  isSampled,
  newTraceparent,
  parseTraceparent,
  runInContext,
} from './trace-context.ts';
import type { TracingOptions } from './tracing-options.ts';

/** The maker of spans of one process. */
export interface Tracing {
  /** Whether spans go anywhere. */
  readonly exporting: boolean;
  startSpan(name: string, options?: SpanOptions): Span;
  /** A span of kind `consumer` that is a child of the message's traceparent; for batches, where nothing is awaited inside. */
  startMessageSpan(received: Received): Span;
  /** A span of kind `producer`, to be ended when the stream has the message; its traceparent is for that message. */
  startSendSpan(stream: string, options?: Omit<SpanOptions, 'kind'>): Span;
  /**
   * Whether one more failure of a trace that is not sampled may be recorded now: never without an exporter, else
   * {@link FAILURES_PER_S} in a second. Whoever is told yes records it.
   */
  mayRecordFailure(): boolean;
  /** Records spans whose trace was not sampled when they happened. */
  recordPast(spans: readonly PastSpan[]): void;
  /** Starts a trace, sampled at the configured ratio. */
  newTraceparent(): string;
  /** Sends what is not sent yet, for at most 2 s. Idempotent; spans ended later are dropped. */
  stop(): Promise<void>;
}

/** Makes the spans of one process; without an endpoint nothing of OpenTelemetry is loaded and nothing is sent. */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const { endpoint } = options;
  const exporter =
    endpoint === undefined
      ? undefined
      : (await import('./span-exporter.ts')).createSpanExporter({ ...options, endpoint });
  return tracingOf(options, exporter);
}

/** Makes no spans: hands traceparents on. */
export const untraced: Tracing = tracingOf({ service: '', ratio: 1 }, undefined);

/** What a span is called and says; asked for only once it is known that it is kept (T3). */
type Described = SpanOptions & { readonly name: string };

function tracingOf(
  { service, ratio }: Pick<TracingOptions, 'service' | 'ratio'>,
  exporter: SpanSource | undefined,
): Tracing {
  const budget: FailureBudget = failureBudget();
  const mayRecordFailure = (): boolean => exporter !== undefined && budget.take(performance.now());
  const recordPast = (spans: readonly PastSpan[]): void => exporter?.record(spans);

  const start = (given: string | undefined, described: () => Described): Span => {
    const parent = parseTraceparent(given);
    const place = parent === undefined || given === undefined ? newTraceparent(ratio) : given;
    if (exporter === undefined) return passingSpan(place);
    if (isSampled(place)) {
      const { name, ...spanOptions } = described();
      return exporter.startSpan(name, spanOptions, parent);
    }
    return unsampledSpan(described, { place, isRoot: parent === undefined }, (past) => {
      if (mayRecordFailure()) recordPast([past]);
    });
  };
  return {
    exporting: exporter !== undefined,
    startSpan: (name, spanOptions = {}) =>
      start(spanOptions.traceparent ?? currentTraceparent(), () => ({ name, ...spanOptions })),
    startMessageSpan: (received) =>
      start(received.message.traceparent ?? currentTraceparent(), () => ofMessage(received, service)),
    startSendSpan: (stream, { attributes, ...rest } = {}) =>
      start(rest.traceparent ?? currentTraceparent(), () => ({
        ...rest,
        name: `send ${streamName(stream)}`,
        kind: 'producer',
        attributes: { ...streamAttributes('send', stream), ...attributes },
      })),
    mayRecordFailure,
    recordPast,
    newTraceparent: () => newTraceparent(ratio),
    stop: async () => exporter?.stop(),
  };
}

function ofMessage({ message, stream, history, group }: Received, service: string): Described {
  return {
    name: `process ${streamName(stream)}`,
    traceparent: message.traceparent,
    kind: 'consumer',
    links: replaysIn(history),
    attributes: {
      ...streamAttributes('process', stream),
      'messaging.consumer.group.name': group ?? service,
      ...messageAttributes(message),
    },
  };
}

/** A span nobody records: it only passes its parent's traceparent on (T1, T3). */
export function passingSpan(traceparent: string): Span {
  return { traceparent, set: () => undefined, end: () => undefined };
}

/** A span of a trace that is not sampled: nothing is kept of it but what is needed if it fails (T4). */
function unsampledSpan(
  described: () => Described,
  { place, isRoot }: { place: string; isRoot: boolean },
  record: (past: PastSpan) => void,
): Span {
  const startMs = Date.now();
  let more: SpanAttributes | undefined;
  let ended = false;
  return {
    traceparent: place,
    set(attributes) {
      more = { ...more, ...attributes };
    },
    end(error) {
      if (ended) return;
      ended = true;
      if (error === undefined) return;
      const at = isRoot ? { traceparent: place } : { parent: place };
      const { name, kind, attributes, links } = described();
      record({
        ...{ name, ...at, startMs, endMs: Date.now(), error },
        ...(kind && { kind }),
        ...((attributes ?? more) && { attributes: { ...attributes, ...more } }),
        ...(links && { links }),
      });
    },
  };
}

/** Runs `work` inside a span: everything below it is its child, log lines carry its trace_id, an error marks it. */
export async function withSpan<R>(
  tracing: Tracing,
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<R> | R,
): Promise<R> {
  const span = tracing.startSpan(name, options);
  return runSpan(span, () => runInContext({ traceparent: span.traceparent }, () => work(span)));
}

/**
 * Runs the handling of one consumed message inside a span that is a child of the message's traceparent. Log lines
 * from below carry trace_id and correlation_id, and task_id and agent_id where the payload names them.
 * `span.traceparent` (or `currentTraceparent()`) is for the messages sent in answer.
 */
export async function withMessageSpan<R>(
  tracing: Tracing,
  received: Received,
  work: (span: Span) => Promise<R> | R,
): Promise<R> {
  const { message } = received;
  const span = tracing.startMessageSpan(received);
  const context = {
    traceparent: span.traceparent,
    correlation_id: message.correlation_id,
    task_id: textMember(message.payload, 'task_id'),
    agent_id: textMember(message.payload, 'agent_id'),
  };
  return runSpan(span, () => runInContext(context, () => work(span)));
}

async function runSpan<R>(span: Span, work: () => Promise<R> | R): Promise<R> {
  try {
    const result = await work();
    span.end();
    return result;
  } catch (error) {
    span.end(error);
    throw error;
  }
}
