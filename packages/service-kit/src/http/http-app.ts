import { randomUUID } from 'node:crypto';
import type { Tracing } from '@nova-torch/tracing';
import { type FastifyBaseLogger, type FastifyInstance, type FastifyServerOptions, fastify } from 'fastify';
import type { Health } from '../health.ts';
import type { LogLevels } from '../log-levels.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import type { ServiceMetrics } from '../service-metrics.ts';
import { registerHealth } from './health-routes.ts';
import { registerMetrics } from './metrics-route.ts';
import { type OnProblem, registerProblems, sendError } from './problem-handler.ts';
import { registerPromptClose } from './prompt-close.ts';
import { RequestLog } from './request-log.ts';
import { registerTracing } from './request-tracing.ts';

/** What an HTTP app is made of. `server` adds to or overrides Fastify's own options (body limit, ajv, TLS). */
export interface HttpAppOptions {
  logger: Logger;
  metrics: Metrics;
  serviceMetrics: Pick<ServiceMetrics, 'httpDuration'>;
  health: Health;
  service: string;
  instance: string;
  /** Has the level of the app's log follow; it stays as it is without. */
  logLevels?: LogLevels;
  /** Makes a span of each request and a context for its handler; none of the two without it. */
  tracing?: Tracing;
  server?: FastifyServerOptions;
  onProblem?: OnProblem;
}

/** A body may be this large unless told: the largest payload of a message and room for what is around it. */
const BODY_BYTES_MAX = 1024 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * A Fastify app with `/health/live`, `/health/ready`, `/metrics` and problem documents for every error. It does
 * not listen: `createHttpServer` does. A caller's `x-request-id` is kept if it is short and plain, and given back.
 */
export function createHttpApp(options: HttpAppOptions): FastifyInstance {
  const { logger, metrics, health, service, instance, tracing, logLevels, server } = options;
  const { onProblem = () => undefined } = options;
  // A child: its level may change while the app starts to listen.
  const loggerInstance: FastifyBaseLogger = logger.child({});
  const app = fastify({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // A stop closes idle connections and waits for requests that are being answered.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error, request, reply) => void sendError(error, request, reply, onProblem),
    ...server,
    loggerInstance,
    logController: new RequestLog(),
    genReqId: (request) => requestId(request.headers['x-request-id']),
  });

  // Fastify makes a child of its own, of which those of requests are children.
  logLevels?.follow(app.log);
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  if (tracing !== undefined) registerTracing(app, tracing);
  registerPromptClose(app);
  registerProblems(app, onProblem);
  registerMetrics(app, metrics, options.serviceMetrics);
  registerHealth(app, { health, service, instance });
  return app;
}

function requestId(header: string | string[] | undefined): string {
  return typeof header === 'string' && REQUEST_ID.test(header) ? header : randomUUID();
}
