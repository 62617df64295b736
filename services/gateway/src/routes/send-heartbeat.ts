import { AgentHeartbeatV1, CAPACITY_MAX, TaskId } from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { agentPath, serverTime } from './parameters.ts';

const Heartbeat = z
  .strictObject({
    current_tasks: z.array(TaskId).max(CAPACITY_MAX).default([]).describe('What it works on or holds'),
    draining: z.boolean().default(false).describe('It takes no new task'),
  })
  .meta({
    id: 'Heartbeat',
    examples: [{ current_tasks: ['task-0-0193f2ab4d7e7c1f9f0e5a4b3c2d1e0f'], draining: false }],
  });
/** Something was put on its stream; what comes of it shows later. */
export const Taken = z.object({ server_time_ms: serverTime }).meta({ id: 'Taken' });

/** POST /v1/agents/{agent_id}/heartbeat */
export function sendHeartbeatRoute(app: GatewayHttp, { asking, streams, signs, broker }: GatewayDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/agents/:agent_id/heartbeat',
    config: { access: 'own-agent' },
    schema: {
      operationId: 'sendHeartbeat',
      tags: ['work'],
      summary: 'I live, and this is what I do',
      description:
        'Every `heartbeat_every_ms`. An agent that was taken for dead learns it from its inbox (`agent.gone.v1`), or ' +
        'from AGENT_UNKNOWN of its next pull, and registers again.',
      params: agentPath,
      body: Heartbeat.prefault({}),
      response: answers({ 202: Taken }, COMMON_ERRORS.tell),
    },
    handler: async (request, reply) => {
      const heartbeat = { agent_id: request.params.agent_id, ...request.body };
      await asking.tell({
        stream: streams.registry,
        target: 'registry',
        sender: heartbeat.agent_id,
        definition: AgentHeartbeatV1,
        payload: heartbeat,
      });
      signs.heartbeat(heartbeat);
      return reply.code(202).send({ server_time_ms: broker.serverNowMs() });
    },
  });
}
