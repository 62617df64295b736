import {
  LOG_LEVEL_FOR_MAX_S,
  LOG_LEVEL_FOR_S,
  LogLevelName,
  LogLevelSetV1,
  SERVICES,
} from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';

const SetLogLevel = z
  .strictObject({
    service: z.enum(SERVICES).optional().describe('Only its instances; every service unless given'),
    instance: z.string().max(63).optional().describe('Only this instance'),
    level: LogLevelName,
    for_s: z
      .int()
      .min(1)
      .max(LOG_LEVEL_FOR_MAX_S)
      .default(LOG_LEVEL_FOR_S)
      .describe('Seconds after which the usual level holds again'),
  })
  .meta({ id: 'SetLogLevel', examples: [{ service: 'task-router', level: 'debug', for_s: 600 }] });

const LogLevelChange = z
  .object({
    level: LogLevelName,
    until_ms: z.number(),
    instances: z.array(z.string()).describe('Those known to this gateway that it is for'),
  })
  .meta({ id: 'LogLevelChange' });

/** PUT /v1/log-level */
export function setLogLevelRoute(app: GatewayHttp, { asking, streams, broker, fleet }: GatewayDeps): void {
  app.route({
    method: 'PUT',
    url: '/v1/log-level',
    config: { access: 'admin' },
    schema: {
      operationId: 'setLogLevel',
      tags: ['platform'],
      summary: 'Have services log more, or less, for a while',
      description:
        'Every instance it is for follows within moments, also one that starts later, until the time is over. A newer ' +
        'change takes the place of an older one. `GET /health` shows the instances whose level is changed.',
      body: SetLogLevel,
      response: answers({ 202: LogLevelChange }, COMMON_ERRORS.ask),
    },
    handler: async ({ body, principal }, reply) => {
      const { for_s: seconds, level, service, instance } = body;
      const nowMs = broker.serverNowMs();
      const until_ms = nowMs + seconds * 1_000;
      await asking.tell({
        stream: streams.control,
        target: 'all',
        sender: principal.name,
        definition: LogLevelSetV1,
        payload: { service, instance, level, until_ms, by: principal.name },
      });
      const instances = fleet
        .report(nowMs)
        .instances.filter((one) => (service ?? one.service) === one.service)
        .map((one) => one.instance)
        .filter((name) => (instance ?? name) === name);
      return reply.code(202).send({ level, until_ms, instances });
    },
  });
}
