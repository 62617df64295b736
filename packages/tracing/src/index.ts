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
  type PastSpan,
  passingSpan,
  type Span,
  type SpanAttributes,
  type SpanKind,
  type SpanOptions,
  type SpanOutcome,
  startTracing,
  type Tracing,
  type TracingLogger,
  type TracingOptions,
  untraced,
  withMessageSpan,
  withSpan,
} from './tracing.ts';
export { VERSION } from './version.ts';
