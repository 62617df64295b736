import { NovaError } from '@nova-torch/protocol';
import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../metrics.ts';
import type { ServiceMetrics } from '../service-metrics.ts';
import { HIDDEN } from './health-routes.ts';

/** `GET /metrics` in Prometheus' text format, and how long the other requests took, by route (not by URL). */
export function registerMetrics(
  app: FastifyInstance,
  metrics: Metrics,
  { httpDuration: duration }: Pick<ServiceMetrics, 'httpDuration'>,
): void {
  if (!metrics.enabled) {
    app.get('/metrics', HIDDEN, () => {
      throw new NovaError('ROUTE_UNKNOWN', 'This process collects no metrics: NOVA_METRICS is off.');
    });
    return;
  }
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    duration.observe(
      { method: request.method, route, status: String(reply.statusCode) },
      reply.elapsedTime / 1000,
    );
  });
  app.get('/metrics', HIDDEN, async (_request, reply) => {
    const text = await metrics.registry.metrics();
    return reply.type(metrics.registry.contentType).send(text);
  });
}
