import { DemandListV1, DemandPageV1, UnservedDemand } from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';

const Scaling = z
  .object({
    unserved: z
      .array(UnservedDemand)
      .describe('What waiting tasks demand that no living agent can do, and what is done about it'),
  })
  .meta({ id: 'Scaling' });

/** GET /v1/scaling */
export function getScalingRoute(app: GatewayHttp, { asking, streams }: GatewayDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/scaling',
    config: { access: 'any' },
    schema: {
      operationId: 'getScaling',
      tags: ['spawning'],
      summary: 'Which agents are missing, and whether they were asked for, started or refused',
      response: answers({ 200: Scaling }, COMMON_ERRORS.read),
    },
    handler: () =>
      asking.ask({
        stream: streams.tasksQueries,
        target: 'task-router',
        definition: DemandListV1,
        payload: {},
        answer: DemandPageV1,
      }),
  });
}
