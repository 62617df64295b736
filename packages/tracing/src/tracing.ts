/**
 * Spans and the `traceparent` that joins them over processes.
 *
 *   trace-context.ts   the W3C text and the work going on (AsyncLocalStorage); needs no OpenTelemetry
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
import type { SpanSource } from './span-exporter.ts';
import {
  currentTraceparent,
  isSampled,
  newTraceparent,
  parseTraceparent,
  runInContext,
} from './trace-context.ts';

/** What a span stands for. */
export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/** Values of a span; undefined ones are left out. */
export type SpanAttributes = Record<string, string | number | boolean | undefined>;

/** How a span starts. Its parent is `traceparent`, else the span going on, else none: then a new trace starts. */
export interface SpanOptions {
  traceparent?: string | undefined;
  kind?: SpanKind;
  attributes?: SpanAttributes;
  /** Traceparents of spans it follows from without being their child, such as those of a former attempt. */
  links?: readonly string[];
}

/** A piece of work with a beginning and an end. */
export interface Span {
  /** For everything sent because of this work. */
  readonly traceparent: string;
  set(attributes: SpanAttributes): void;
  /** Ends the span, as failed if an error is given. Ending it again does nothing. */
  end(error?: unknown): void;
}

/** A span written down after its end. */
export interface PastSpan {
  readonly name: string;
  /** Its own place: trace and span id. One without a place below `parent` is given a new span id. */
  readonly traceparent?: string | undefined;
  /** The traceparent of its parent; none for the root of a trace. */
  readonly parent?: string | undefined;
  readonly kind?: SpanKind;
  readonly attributes?: SpanAttributes;
  readonly links?: readonly string[];
  /** Unix milliseconds. */
  readonly startMs: number;
  readonly endMs: number;
  readonly error?: unknown;
}

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

/** `dropped`: never got to the collector (it is away, or too many waited); `refused`: it answered no. */
export type SpanOutcome = 'sent' | 'dropped' | 'refused';

/** What is told of an export that goes wrong, and of its mending; pino's Logger is assignable to it. */
export interface TracingLogger {
  info(message: string): void;
  warn(fields: object, message: string): void;
}

/** Where spans go and how many. `ratio` (0 to 1) is the share of new traces that is sampled. */
export interface TracingOptions {
  service: string;
  instance: string;
  endpoint?: string | undefined;
  /** Sent with every batch, for a collector that wants a key. */
  headers?: Readonly<Record<string, string>> | undefined;
  ratio: number;
  logger?: TracingLogger | undefined;
  /** What a text about a failure becomes before it is recorded: it may quote a secret. Unchanged unless given. */
  redact?: ((text: string) => string) | undefined;
  /** Every call to the collector goes through it, such as through a circuit breaker. It may reject without calling. */
  guard?: (<T>(call: () => Promise<T>) => Promise<T>) | undefined;
  /** Told what became of spans. */
  count?: ((outcome: SpanOutcome, spans: number) => void) | undefined;
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

function tracingOf(
  { service, ratio }: Pick<TracingOptions, 'service' | 'ratio'>,
  exporter: SpanSource | undefined,
): Tracing {
  const budget: FailureBudget = failureBudget();
  const mayRecordFailure = (): boolean => exporter !== undefined && budget.take(performance.now());
  const recordPast = (spans: readonly PastSpan[]): void => exporter?.record(spans);

  const placeOf = (traceparent: string | undefined) => {
    const given = traceparent ?? currentTraceparent();
    const parent = parseTraceparent(given);
    return { parent, place: parent === undefined || given === undefined ? newTraceparent(ratio) : given };
  };
  const startSpan = (name: string, spanOptions: SpanOptions = {}): Span => {
    const { parent, place } = placeOf(spanOptions.traceparent);
    if (exporter === undefined) return passingSpan(place);
    if (isSampled(place)) return exporter.startSpan(name, spanOptions, parent);
    return unsampledSpan(name, spanOptions, { place, isRoot: parent === undefined }, (past) => {
      if (mayRecordFailure()) recordPast([past]);
    });
  };
  return {
    exporting: exporter !== undefined,
    startSpan,
    // Where nothing is exported no message is described: that would cost more than all else here.
    startMessageSpan({ message, stream, history, group = service }) {
      const { traceparent } = message;
      if (exporter === undefined) return passingSpan(placeOf(traceparent).place);
      const attributes = {
        ...streamAttributes('process', stream),
        'messaging.consumer.group.name': group,
        ...messageAttributes(message),
      };
      const links = replaysIn(history);
      return startSpan(`process ${streamName(stream)}`, { traceparent, kind: 'consumer', links, attributes });
    },
    startSendSpan(stream, { attributes, ...rest } = {}) {
      if (exporter === undefined) return passingSpan(placeOf(rest.traceparent).place);
      const all = { ...streamAttributes('send', stream), ...attributes };
      return startSpan(`send ${streamName(stream)}`, { ...rest, kind: 'producer', attributes: all });
    },
    mayRecordFailure,
    recordPast,
    newTraceparent: () => newTraceparent(ratio),
    stop: async () => exporter?.stop(),
  };
}

/** A span nobody records: it only passes its parent's traceparent on (T1, T3). */
export function passingSpan(traceparent: string): Span {
  return { traceparent, set: () => undefined, end: () => undefined };
}

/** A span of a trace that is not sampled: nothing is kept of it but what is needed if it fails (T4). */
function unsampledSpan(
  name: string,
  { kind, attributes, links }: SpanOptions,
  { place, isRoot }: { place: string; isRoot: boolean },
  record: (past: PastSpan) => void,
): Span {
  const startMs = Date.now();
  let all = attributes;
  let ended = false;
  return {
    traceparent: place,
    set(more) {
      all = { ...all, ...more };
    },
    end(error) {
      if (ended) return;
      ended = true;
      if (error === undefined) return;
      const at = isRoot ? { traceparent: place } : { parent: place };
      record({
        ...{ name, ...at, startMs, endMs: Date.now(), error },
        ...(kind && { kind }),
        ...(all && { attributes: all }),
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
