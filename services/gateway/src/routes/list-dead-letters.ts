import { DeadLetterSummary } from '@nova-torch/protocol';
import { z } from 'zod';
import { listDeadLetters } from '../dead-letters.ts';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { deadLetterQuery } from './dead-letter-schemas.ts';
import { pageQuery } from './parameters.ts';

const DeadLetterPage = z
  .object({ dead_letters: z.array(DeadLetterSummary), next_cursor: z.string().optional() })
  .meta({ id: 'DeadLetterPage' });

/** GET /v1/dead-letters */
export function listDeadLettersRoute(app: GatewayHttp, deps: GatewayDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/dead-letters',
    config: { access: 'admin' },
    schema: {
      operationId: 'listDeadLetters',
      tags: ['dead letters'],
      summary: 'Messages that were given up, stream by stream, in each the newest first',
      querystring: z.object({ ...deadLetterQuery, ...pageQuery }),
      response: answers({ 200: DeadLetterPage }, [...COMMON_ERRORS.read, 'CURSOR_INVALID']),
    },
    handler: (request) => {
      const { cursor, limit, ...filter } = request.query;
      return listDeadLetters(deps, { filter, cursor, limit });
    },
  });
}
