import { SpawnListV1, SpawnPageV1, SpawnRecord } from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { pageQuery } from './parameters.ts';

const SpawnPage = z
  .object({ spawns: z.array(SpawnRecord), next_cursor: z.string().optional() })
  .meta({ id: 'SpawnPage' });

/** GET /v1/spawns */
export function listSpawnsRoute(app: GatewayHttp, { asking, streams }: GatewayDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/spawns',
    config: { access: 'any' },
    schema: {
      operationId: 'listSpawns',
      tags: ['spawning'],
      summary: 'Agent processes the spawner started, newest first',
      querystring: z.object(pageQuery),
      response: answers({ 200: SpawnPage }, [...COMMON_ERRORS.read, 'CURSOR_INVALID']),
    },
    handler: (request) =>
      asking.ask({
        stream: streams.agentsSpawning,
        target: 'spawner',
        definition: SpawnListV1,
        payload: request.query,
        answer: SpawnPageV1,
      }),
  });
}
