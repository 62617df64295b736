/**
 * Spans and the `traceparent` that joins them over processes.
 *
 *   trace-context.ts   the W3C text and the work going on (AsyncLocalStorage); needs no OpenTelemetry
 *   tracing.ts         what services use: spans of calls and of consumed messages
 *   span-exporter.ts   the OpenTelemetry SDK; loaded only if an endpoint is configured, since that takes 300 ms
 *
 * T1  Every task has a trace: without an exporter a valid traceparent is made and passed on unchanged.
 * T2  The decision to sample is taken once, where the trace starts; everyone below follows it (parent-based).
 * T3  A span that is not sampled costs no call into the SDK.
 */

import type { FlowBoard } from './flow/flow-board.ts';
import type { Logger } from './logger.ts';
import { currentTraceparent, newTraceparent, parseTraceparent, runInContext } from './trace-context.ts';

/** What a span stands for. */
export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/** Values of a span; undefined ones are left out. */
export type SpanAttributes = Record<string, string | number | boolean | undefined>;

/** How a span starts. Its parent is `traceparent`, else the span going on, else none: then a new trace starts. */
export interface SpanOptions {
  traceparent?: string | undefined;
  kind?: SpanKind;
  attributes?: SpanAttributes;
}

/** A piece of work with a beginning and an end. */
export interface Span {
  /** For everything sent because of this work. */
  readonly traceparent: string;
  set(attributes: SpanAttributes): void;
  /** Ends the span, as failed if an error is given. Ending it again does nothing. */
  end(error?: unknown): void;
}

/** The part of a message's envelope that tracing looks at. */
export interface TracedMessage {
  id: string;
  type: string;
  sender: string;
  payload: unknown;
  correlation_id?: string | undefined;
  traceparent?: string | undefined;
}

/** The maker of spans of one process. */
export interface Tracing {
  /** Whether spans go anywhere. */
  readonly exporting: boolean;
  startSpan(name: string, options?: SpanOptions): Span;
  /** A span of kind `consumer` that is a child of the message's traceparent; for batches, where nothing is awaited inside. */
  startMessageSpan(message: TracedMessage, name: string): Span;
  /** Starts a trace, sampled at the configured ratio. */
  newTraceparent(): string;
  /** Sends what is not sent yet, for at most 2 s. Idempotent; spans ended later are dropped. */
  stop(): Promise<void>;
}

/** Where spans go and how many. `ratio` (0 to 1) is the share of new traces that is sampled. */
export interface TracingOptions {
  service: string;
  instance: string;
  endpoint?: string | undefined;
  ratio: number;
  logger?: Logger;
  /** Where the breaker of the export is made known. */
  flow?: FlowBoard;
}

/** Makes the spans of one process; without an endpoint nothing of OpenTelemetry is loaded and nothing is sent. */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const { endpoint, ratio } = options;
  const exporter =
    endpoint === undefined
      ? undefined
      : (await import('./span-exporter.ts')).createSpanExporter({ ...options, endpoint });

  const startSpan = (name: string, spanOptions: SpanOptions = {}): Span => {
    const given = spanOptions.traceparent ?? currentTraceparent();
    const parent = parseTraceparent(given);
    if (parent !== undefined && !parent.sampled) return passingSpan(given ?? '');
    if (exporter === undefined)
      return passingSpan(parent === undefined ? newTraceparent(ratio) : (given ?? ''));
    return exporter.startSpan(name, spanOptions, parent);
  };
  return {
    exporting: exporter !== undefined,
    startSpan,
    startMessageSpan: (message, name) =>
      startSpan(name, {
        traceparent: message.traceparent,
        kind: 'consumer',
        attributes: messageAttributes(message),
      }),
    newTraceparent: () => newTraceparent(ratio),
    stop: async () => exporter?.stop(),
  };
}

/** A span nobody records: it only passes its parent's traceparent on (T1, T3). */
function passingSpan(traceparent: string): Span {
  return { traceparent, set: () => undefined, end: () => undefined };
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
  message: TracedMessage,
  name: string,
  work: (span: Span) => Promise<R> | R,
): Promise<R> {
  const span = tracing.startMessageSpan(message, name);
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

function messageAttributes(message: TracedMessage): SpanAttributes {
  return {
    'messaging.system': 'nova_torch',
    'messaging.message.id': message.id,
    'messaging.message.conversation_id': message.correlation_id,
    'nova_torch.message.type': message.type,
    'nova_torch.message.sender': message.sender,
    'nova_torch.task_id': textMember(message.payload, 'task_id'),
    'nova_torch.agent_id': textMember(message.payload, 'agent_id'),
  };
}

function textMember(payload: unknown, name: string): string | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const value = (payload as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : undefined;
}
