import { AgentGetV1, AgentRecord, AgentStateV1 } from '@nova-torch/protocol';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { agentPath } from './parameters.ts';

/** GET /v1/agents/{agent_id} */
export function getAgentRoute(app: GatewayHttp, { asking, streams }: GatewayDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/agents/:agent_id',
    config: { access: 'any' },
    schema: {
      operationId: 'getAgent',
      tags: ['agents'],
      summary: 'One agent',
      params: agentPath,
      response: answers({ 200: AgentRecord }, [...COMMON_ERRORS.read, 'AGENT_UNKNOWN']),
    },
    handler: async (request) => {
      const { agent } = await asking.ask({
        stream: streams.registry,
        target: 'registry',
        definition: AgentGetV1,
        payload: { agent_id: request.params.agent_id },
        answer: AgentStateV1,
      });
      return agent;
    },
  });
}
