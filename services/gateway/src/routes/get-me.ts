import { AgentId } from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { API_VERSION } from '../http/openapi.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { serverTime } from './parameters.ts';

const Me = z
  .object({
    kind: z.enum(['admin', 'agent']),
    name: z.string().describe('What records show: the submitter of a task, the sender of a message'),
    agent_id: AgentId.optional(),
    gateway: z.object({ instance: z.string(), version: z.string().describe('Of this interface') }),
    server_time_ms: serverTime,
  })
  .meta({ id: 'Me' });

/** GET /v1/me */
export function getMeRoute(app: GatewayHttp, { broker, instance }: GatewayDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/me',
    config: { access: 'any' },
    schema: {
      operationId: 'getMe',
      tags: ['platform'],
      summary: 'Whom the key or token stands for',
      response: answers({ 200: Me }, COMMON_ERRORS.local),
    },
    handler: async (request) => {
      const { principal } = request;
      return {
        kind: principal.kind,
        name: principal.name,
        ...(principal.kind === 'agent' && { agent_id: principal.agentId }),
        gateway: { instance, version: API_VERSION },
        server_time_ms: broker.serverNowMs(),
      };
    },
  });
}
