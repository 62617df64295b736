export { REDACTED, redactText } from '@nova-torch/logging';
export {
  currentTraceparent,
  currentWork,
  drawRandom,
  formatTraceparent,
  isSampled,
  messageAttributes,
  newPlace,
  newTraceparent,
  type PastSpan,
  parseTraceparent,
  runInContext,
  type Span,
  type SpanAttributes,
  type SpanKind,
  type SpanOptions,
  sampledTraceparent,
  startTracing,
  streamAttributes,
  streamName,
  type TracedMessage,
  type TraceParent,
  type Tracing,
  type TracingOptions,
  untraced,
  type WorkContext,
  withMessageSpan,
  withSpan,
} from '@nova-torch/tracing';
export { type Answerer, answer, refuse } from './answer.ts';
export { type AssembledService, type Assembly, assembleService } from './assemble-service.ts';
export { boundNames, OTHER_NAMES, SHOWN_NAMES } from './bounded-names.ts';
export { type Clock, systemClock, type TimerClock } from './clock.ts';
export { ConfigFileError, loadConfigFile } from './config-file.ts';
export { editDistance, nearest } from './edit-distance.ts';
export {
  type BaseEnv,
  baseEnv,
  bool,
  brokerUrl,
  ConfigError,
  commaList,
  describeProblem,
  durationMs,
  type EnvProblem,
  type EnvWarning,
  envWarnings,
  httpUrl,
  integer,
  LOG_LEVELS,
  loadEnv,
  port,
  ratio,
} from './env.ts';
export { type Ending, EXIT, endingOf } from './exit-code.ts';
export { type Breaker, BreakerOpenError, type BreakerOptions, createBreaker } from './flow/breaker.ts';
export {
  type BreakerState,
  createFlowBoard,
  type FlowBoard,
  type FlowReport,
  type LimitUse,
} from './flow/flow-board.ts';
export {
  createRateLimiter,
  type RateLimit,
  type RateLimiter,
  type RateVerdict,
} from './flow/rate-limiter.ts';
export { createHealth, type Health, type HealthCheck, type HealthReport } from './health.ts';
export { type ClassifiedError, classifyError } from './http/classify-error.ts';
export { createHttpApp, type HttpAppOptions } from './http/http-app.ts';
export { createHttpServer, type HttpServer, type HttpServerOptions } from './http/http-server.ts';
export {
  type FieldProblem,
  PROBLEM_MEDIA_TYPE,
  type ProblemCase,
  type ProblemDocument,
  problemDocument,
} from './http/problem.ts';
export { type ChangedLevel, createLogLevels, type LogLevels } from './log-levels.ts';
export { createLogger, type Logger, type LoggerOptions, type LogLevel } from './logger.ts';
export { loadMessaging, MessagingFileError } from './messaging-file.ts';
export {
  createMetrics,
  type MadeMetric,
  type MadeMetrics,
  type Metrics,
  type Series,
  startAtZero,
} from './metrics.ts';
export { type MainOptions, type ProcessSignals, type RunningService, runMain } from './run-main.ts';
export {
  createService,
  type NamedServices,
  type Service,
  type ServiceBody,
  type StopReport,
  startAll,
  stopAll,
} from './service.ts';
export { openServiceBase, type ServiceBase, type ServiceBaseOptions } from './service-base.ts';
export { createServiceMetrics, type ServiceMetrics } from './service-metrics.ts';
export { createStatusReporter, type StatusReporterOptions } from './status-reporter.ts';
export { observeStreamDepth } from './stream-depth.ts';
export { streamMetrics } from './stream-metrics.ts';
export { streamUpkeep, type UpkeepOptions } from './stream-upkeep.ts';
export {
  createTicker,
  type RunCounts,
  type Ticker,
  type TickerMetrics,
  type TickerOptions,
} from './ticker.ts';
export { type WaitForBrokerOptions, waitForBroker } from './wait-for-broker.ts';
