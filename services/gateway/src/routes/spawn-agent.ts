import {
  AgentDemand,
  AgentSpawnV1,
  newSpawnId,
  SpawnId,
  SpawnRecord,
  SpawnStateV1,
} from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { reservedId } from '../store/idempotency-store.ts';
import { idempotencyHeaders } from './parameters.ts';

const Spawn = z
  .strictObject({
    template: z.string().min(1).max(64).optional().describe('A name of GET /v1/templates'),
    demand: AgentDemand.optional().describe(
      'Instead of a template: what the agent must be able to do. The first template that covers it is taken',
    ),
    spawn_id: SpawnId.optional().describe('Made unless given; the same id again starts nothing'),
  })
  .refine(({ template, demand }) => (template === undefined) !== (demand === undefined), {
    error: 'name either a template or a demand',
    path: ['template'],
  })
  .meta({ id: 'Spawn', examples: [{ template: 'developer' }, { demand: { skills: ['rust'] } }] });

/** POST /v1/spawn */
export function spawnAgentRoute(app: GatewayHttp, deps: GatewayDeps): void {
  const { asking, streams, partition, broker, idempotency } = deps;
  app.route({
    method: 'POST',
    url: '/v1/spawn',
    config: { access: 'admin' },
    schema: {
      operationId: 'spawnAgent',
      tags: ['spawning'],
      summary: 'Start an agent of a template, or of one that covers a demand',
      headers: idempotencyHeaders,
      body: Spawn,
      response: answers({ 202: SpawnRecord }, [
        ...COMMON_ERRORS.ask,
        'TEMPLATE_UNKNOWN',
        'SPAWN_LIMIT',
        'IDEMPOTENCY_CONFLICT',
      ]),
    },
    handler: async (request, reply) => {
      const requestedBy = request.principal.name;
      const { template, demand, spawn_id: givenId } = request.body;
      const key = request.headers['idempotency-key'];
      let id = givenId ?? newSpawnId(partition, broker.serverNowMs());
      if (key !== undefined) {
        const reservation = { key, body: request.rawBody, id };
        const [reserved] = await idempotency.reserve('spawn', requestedBy, [reservation]);
        id = reservedId(reserved, key) as SpawnId;
      }
      const { spawn } = await asking.ask({
        stream: streams.agentsSpawning,
        target: 'spawner',
        definition: AgentSpawnV1,
        payload: {
          spawn_id: id,
          ...(template !== undefined && { template }),
          ...(demand !== undefined && { demand }),
          requested_by: requestedBy,
        },
        answer: SpawnStateV1,
      });
      return reply.code(202).send(spawn);
    },
  });
}
