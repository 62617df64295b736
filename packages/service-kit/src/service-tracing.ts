import { readOtlpHeaders, startTracing, type Tracing } from '@nova-torch/tracing';
import { type BaseEnv, ConfigError } from './env.ts';
import { createBreaker } from './flow/breaker.ts';
import type { FlowBoard } from './flow/flow-board.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

const BREAKER = { breakAfter: 3, tryAfterMs: 1_000, tryAfterMsMax: 30_000 };

export interface ServiceTracingParts {
  service: string;
  instance: string;
  logger: Logger;
  metrics: Metrics;
  flow: FlowBoard;
}

/**
 * The tracing of a service by its environment. While the collector fails its spans are dropped at once, and it is tried
 * now and then. Throws ConfigError when the file with headers cannot be used.
 */
export function startServiceTracing(
  env: BaseEnv,
  { service, instance, logger, metrics, flow }: ServiceTracingParts,
): Promise<Tracing> {
  const spans = metrics.counter({
    name: 'spans_total',
    help: 'Spans by what became of them: sent, dropped before they got to the collector, refused by it.',
    labelNames: ['outcome'],
  });
  const breaker = createBreaker(BREAKER);
  const endpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint !== undefined) flow.breaker('span export', () => breaker.state);
  return startTracing({
    ...{ service, instance, logger, endpoint },
    ratio: env.OTEL_TRACES_SAMPLER_ARG,
    headers: headersOf(env),
    guard: (call) => breaker.run(call),
    count: (outcome, count) => spans.inc({ outcome }, count),
  });
}

function headersOf({ OTEL_EXPORTER_OTLP_HEADERS: given, NOVA_OTLP_HEADERS_FILE: file }: BaseEnv) {
  try {
    return { ...given, ...readOtlpHeaders(undefined, file) };
  } catch {
    const expected = 'a file that can be read, with name=value between commas';
    throw new ConfigError([{ variable: 'NOVA_OTLP_HEADERS_FILE', given: file, expected }]);
  }
}
