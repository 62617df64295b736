import { textRedactor } from '@nova-torch/logging';
import { type SpanOutcome, startTracing, type Tracing } from '@nova-torch/tracing';
import type { BaseEnv } from './env.ts';
import { createBreaker } from './flow/breaker.ts';
import type { FlowBoard } from './flow/flow-board.ts';
import type { Logger } from './logger.ts';
import type { ServiceMetrics } from './service-metrics.ts';

const BREAKER = { breakAfter: 3, tryAfterMs: 1_000, tryAfterMsMax: 30_000 };

export interface ServiceTracingParts {
  service: string;
  instance: string;
  logger: Logger;
  flow: FlowBoard;
  spans: ServiceMetrics['spans'];
  /** Values that must not be in any span. */
  secrets: readonly string[];
}

/** The tracing of a service by its environment. While the collector fails its spans are dropped at once, and it is tried now and then. */
export function startServiceTracing(
  env: BaseEnv,
  { service, instance, logger, flow, spans, secrets }: ServiceTracingParts,
): Promise<Tracing> {
  const breaker = createBreaker(BREAKER);
  const endpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint !== undefined) flow.breaker('span export', () => breaker.state);
  return startTracing({
    ...{ service, instance, logger, endpoint },
    ratio: env.OTEL_TRACES_SAMPLER_ARG,
    headers: env.OTEL_EXPORTER_OTLP_HEADERS,
    redact: textRedactor(secrets),
    guard: (call) => breaker.run(call),
    count: (outcome: SpanOutcome, count) => spans.inc({ outcome }, count),
  });
}
