import { AgentTerminateV1, SpawnRecord, SpawnStateV1 } from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { agentPath } from './parameters.ts';

const Terminate = z
  .strictObject({
    reason: z.string().max(500).default('asked for over the API'),
    force: z.boolean().default(false).describe('At once, without letting it finish or give back its tasks'),
  })
  .meta({ id: 'Terminate', examples: [{ reason: 'not needed any more', force: false }] });

/** POST /v1/agents/{agent_id}/terminate */
export function terminateAgentRoute(app: GatewayHttp, { asking, streams }: GatewayDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/agents/:agent_id/terminate',
    config: { access: 'admin' },
    schema: {
      operationId: 'terminateAgent',
      tags: ['spawning'],
      summary: 'End a spawned agent and its whole process tree',
      params: agentPath,
      body: Terminate.prefault({}),
      response: answers({ 202: SpawnRecord }, [...COMMON_ERRORS.ask, 'AGENT_UNKNOWN', 'SPAWN_UNKNOWN']),
    },
    handler: async (request, reply) => {
      const { spawn } = await asking.ask({
        stream: streams.agentsTerminating,
        target: 'spawner',
        definition: AgentTerminateV1,
        payload: { agent_id: request.params.agent_id, ...request.body },
        answer: SpawnStateV1,
      });
      return reply.code(202).send(spawn);
    },
  });
}
