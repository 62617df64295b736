import { AgentDeregisterV1, AgentRecord, AgentStateV1 } from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { agentPath } from './parameters.ts';

/** DELETE /v1/agents/{agent_id} */
export function deregisterAgentRoute(app: GatewayHttp, { asking, streams, signs }: GatewayDeps): void {
  app.route({
    method: 'DELETE',
    url: '/v1/agents/:agent_id',
    config: { access: 'own-agent' },
    schema: {
      operationId: 'deregisterAgent',
      tags: ['agents'],
      summary: 'An agent leaves',
      description:
        'For an agent that holds nothing any more; what it still holds goes to others. To end the process of a ' +
        'spawned agent, use POST /v1/agents/{agent_id}/terminate.',
      params: agentPath,
      querystring: z.object({
        reason: z.string().max(500).default('asked for over the API'),
      }),
      response: answers({ 200: AgentRecord }, [...COMMON_ERRORS.read, 'AGENT_UNKNOWN']),
    },
    handler: async (request) => {
      const { agent } = await asking.ask({
        stream: streams.registry,
        target: 'registry',
        definition: AgentDeregisterV1,
        payload: { agent_id: request.params.agent_id, reason: request.query.reason },
        answer: AgentStateV1,
      });
      signs.forget(agent.agent_id);
      return agent;
    },
  });
}
