import { AgentListV1, AgentPageV1, AgentRecord, AgentStatus, RoleName } from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { pageQuery } from './parameters.ts';

const AgentPage = z
  .object({ agents: z.array(AgentRecord), next_cursor: z.string().optional() })
  .meta({ id: 'AgentPage' });

/** GET /v1/agents */
export function listAgentsRoute(app: GatewayHttp, { asking, streams }: GatewayDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/agents',
    config: { access: 'any' },
    schema: {
      operationId: 'listAgents',
      tags: ['agents'],
      summary: 'List agents',
      querystring: z.object({
        role: RoleName.optional(),
        skills: z
          .string()
          .max(2_000)
          .regex(/^[a-z0-9+#._,-]+$/, 'names of skills between commas')
          .optional()
          .describe('Names between commas; an agent must have all of them'),
        status: AgentStatus.optional(),
        ...pageQuery,
      }),
      response: answers({ 200: AgentPage }, [...COMMON_ERRORS.read, 'CURSOR_INVALID']),
    },
    handler: async (request) => {
      const { skills, ...filters } = request.query;
      const { agents, next_cursor } = await asking.ask({
        stream: streams.registry,
        target: 'registry',
        definition: AgentListV1,
        payload: {
          ...filters,
          ...(skills !== undefined && { skills: skills.split(',').filter((name) => name !== '') }),
        },
        answer: AgentPageV1,
      });
      return { agents, ...(next_cursor !== undefined && { next_cursor }) };
    },
  });
}
