export { FAILURES_PER_S } from './failures.ts';
export {
  messageAttributes,
  type Received,
  streamAttributes,
  streamName,
  type TracedMessage,
} from './messaging.ts';
export { parseOtlpHeaders, readOtlpHeaders } from './otlp-headers.ts';
export { drawRandom } from './random.ts';
export type { PastSpan, Span, SpanAttributes, SpanKind, SpanOptions } from './span.ts';
export {
  currentTraceparent,
  currentWork,
  formatTraceparent,
  isSampled,
  newPlace,
  newTraceparent,
  parseTraceparent,
  runInContext,
  sampledTraceparent,
  type TraceParent,
  type WorkContext,
} from './trace-context.ts';
export {
  passingSpan,
  startTracing,
  type Tracing,
  untraced,
  withMessageSpan,
  withSpan,
} from './tracing.ts';
export type { SpanOutcome, TracingLogger, TracingOptions } from './tracing-options.ts';
export { VERSION } from './version.ts';
