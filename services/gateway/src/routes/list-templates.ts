import { AgentTemplate, TemplateListV1, TemplatePageV1 } from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';

const Templates = z.object({ templates: z.array(AgentTemplate) }).meta({ id: 'TemplateList' });

/** GET /v1/templates */
export function listTemplatesRoute(app: GatewayHttp, { asking, streams }: GatewayDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/templates',
    config: { access: 'any' },
    schema: {
      operationId: 'listTemplates',
      tags: ['spawning'],
      summary: 'The kinds of agents that can be started',
      description: 'The values of `env` are shown to the admin only.',
      response: answers({ 200: Templates }, COMMON_ERRORS.read),
    },
    handler: async (request) => {
      const { templates } = await asking.ask({
        stream: streams.agentsSpawning,
        target: 'spawner',
        definition: TemplateListV1,
        payload: {},
        answer: TemplatePageV1,
      });
      if (request.principal.kind === 'admin') return { templates };
      return { templates: templates.map((template) => ({ ...template, env: {} })) };
    },
  });
}
