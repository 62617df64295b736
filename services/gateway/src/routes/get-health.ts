import { AutonomyFigures, ChangedLogLevel, FlowStatus } from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers } from '../http/problem-schema.ts';

const Health = z
  .object({
    status: z.enum(['ok', 'degraded']),
    missing: z.array(z.string()).describe('What is not there, by service and reason'),
    instances: z.array(
      z.object({
        service: z.string(),
        instance: z.string(),
        ready: z.boolean(),
        missing: z.array(z.string()),
        address: z.string().optional(),
        started_at_ms: z.number(),
        seen_at_ms: z.number(),
        load: z.record(z.string(), z.number()),
        log_level: ChangedLogLevel.optional().describe('While it is not the usual one'),
        flow: FlowStatus.optional().describe('What holds its flow back'),
        autonomy: AutonomyFigures.optional().describe(
          'How far the fleet did without people in the last hour; of active task-routers only',
        ),
      }),
    ),
  })
  .meta({ id: 'PlatformHealth' });

/** GET /health */
export function getHealthRoute(app: GatewayHttp, { fleet, broker, health }: GatewayDeps): void {
  app.route({
    method: 'GET',
    url: '/health',
    config: { access: 'public' },
    schema: {
      operationId: 'getHealth',
      tags: ['platform'],
      summary: 'Whether the whole platform works',
      description:
        '200 while every service has an instance that is ready, else 503 naming what is missing. An instance that was ' +
        'silent for three of its periods is not counted. /health/live and /health/ready speak of this process alone.',
      security: [],
      response: answers({ 200: Health, 503: Health }, []),
    },
    handler: async (_request, reply) => {
      const report = fleet.report(broker.serverNowMs());
      // The gateway that answers knows of itself without the feed.
      const own = health.report().missing.map((what) => `this gateway: ${what}`);
      const missing = [...own, ...report.missing];
      const status = missing.length === 0 ? 'ok' : 'degraded';
      return reply.code(status === 'ok' ? 200 : 503).send({ ...report, status, missing });
    },
  });
}
