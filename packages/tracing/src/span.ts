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
