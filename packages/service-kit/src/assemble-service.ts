import type { AutonomyFigures } from '@nova-torch/protocol';
import { createTrimmer } from '@nova-torch/streams';
import type { FastifyInstance } from 'fastify';
import { createControlFeed } from './control-feed.ts';
import type { BaseEnv } from './env.ts';
import { createHttpApp } from './http/http-app.ts';
import { createHttpServer } from './http/http-server.ts';
import type { RunningService } from './run-main.ts';
import { createService, type NamedServices, type Service, startAll, stopAll } from './service.ts';
import type { ServiceBase } from './service-base.ts';
import { createStatusReporter } from './status-reporter.ts';
import { createTicker } from './ticker.ts';

/** What makes one service different from another. */
export interface Assembly {
  /** Consumers and loops by name, in the order they start; they stop in the reverse one. */
  parts: Readonly<Record<string, Service>>;
  /** Numbers for `service.status.v1` that say how busy the instance is. */
  load?: () => Record<string, number>;
  /** What it saw of the fleet's autonomy, for the same message; undefined when that is not its duty now. */
  autonomy?: () => AutonomyFigures | undefined;
  /** The app with the service's own routes; one with health and metrics alone unless given. */
  http?: FastifyInstance;
}

/** A service put together. */
export interface AssembledService extends RunningService {
  /** Where its HTTP server listens: `http://127.0.0.1:4711`. Throws while it does not. */
  address(): string;
}

/**
 * Puts a service together from its base and its parts. Start order: consumer name, requester, parts, HTTP server,
 * status reporter; so a listening service does its work. Stop is the reverse, and closes the base (tracing, broker)
 * in the end: an assembled service runs once.
 */
export function assembleService<E extends BaseEnv>(
  base: ServiceBase<E>,
  assembly: Assembly,
): AssembledService {
  const { env, logger, broker, producer, streams, service, instance, health } = base;
  const { parts, load, autonomy } = assembly;
  const server = createHttpServer({
    app: assembly.http ?? createHttpApp(base),
    host: env.NOVA_HTTP_HOST,
    port: env.NOVA_HTTP_PORT,
    logger,
  });
  const reporter = createStatusReporter({
    broker,
    producer,
    streams,
    service,
    instance,
    health,
    logger,
    flow: () => base.flow.report(),
    beside: () => base.brokerWatch.measureRoundTrip(),
    address: () => server.address(),
    ...(load && { load }),
    ...(autonomy && { autonomy }),
    logLevel: () => base.logLevels.changed,
  });
  const all: NamedServices = [
    ['base', { start: async () => undefined, stop: () => base.close() }],
    ['broker identity', base.identity],
    ['consumer name', base.slot],
    ['feed control', createControlFeed(base)],
    ['requester', base.requester],
    ...Object.entries(parts),
    ['http server', server],
    ['status reporter', reporter],
    ['loop monitoring-trimmer', monitoringTrimmer(base)],
  ];

  let left: string[] = [];
  const whole = createService({
    name: service,
    start: () => startAll(all),
    async stop() {
      left = all.map(([name]) => name).reverse();
      // Each part would wait for a broker that is gone, one after the other.
      const patience = setTimeout(() => broker.stopWaiting(), AWAIT_BROKER_MS);
      const { failed } = await stopAll(all, (name) => {
        left = left.slice(left.indexOf(name));
      });
      clearTimeout(patience);
      left = [];
      for (const { name, error } of failed) logger.error({ part: name, err: error }, 'a part failed to stop');
      logger.info({ failed: failed.map(({ name }) => name) }, 'stopped');
    },
  });
  return { ...whole, logger, address: () => server.address(), describe: () => left };
}

/** How long a service that stops goes on waiting for a broker that is away: it may only be starting again. */
const AWAIT_BROKER_MS = 1_000;
const TRIM_MONITORING_EVERY_MS = 60_000;

/** Keeps the feeds that are nobody's own short, that of all services' status and that of what they are told; whoever comes by does it, once a minute or so. */
function monitoringTrimmer<E extends BaseEnv>(base: ServiceBase<E>): Service {
  const { broker, logger, tickerMetrics } = base;
  const trimmer = createTrimmer({
    broker,
    streams: [base.declare('monitoring'), base.declare('control')],
    logger,
  });
  return createTicker({
    name: 'monitoring-trimmer',
    everyMs: TRIM_MONITORING_EVERY_MS,
    jitter: 0.5,
    run: async () => ({ ...(await trimmer.runOnce()) }),
    logger,
    metrics: tickerMetrics,
  });
}
