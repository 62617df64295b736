import type { FastifyInstance } from 'fastify';
import type { Health } from '../health.ts';

/**
 * `GET /health/live` answers 200 while the process turns; `GET /health/ready` answers 200 or 503 with the
 * names of what is missing.
 */
export function registerHealth(
  app: FastifyInstance,
  options: { health: Health; service: string; instance: string },
): void {
  const { health, service, instance } = options;
  app.get('/health/live', HIDDEN, () => ({ status: 'live', service, instance }));
  app.get('/health/ready', HIDDEN, (_request, reply) => {
    const { ready, missing } = health.report();
    return reply
      .code(ready ? 200 : 503)
      .send({ status: ready ? 'ready' : 'not ready', service, instance, missing });
  });
}

/** For @fastify/swagger: these routes are for machines of the operator, described in the runbooks. */
export const HIDDEN = { schema: { hide: true } } as object;
