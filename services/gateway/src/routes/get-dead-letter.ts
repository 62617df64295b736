import { getDeadLetter } from '../dead-letters.ts';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { DeadLetter, deadLetterPath } from './dead-letter-schemas.ts';

/** GET /v1/dead-letters/{dead_letter_id} */
export function getDeadLetterRoute(app: GatewayHttp, deps: GatewayDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/dead-letters/:dead_letter_id',
    config: { access: 'admin' },
    schema: {
      operationId: 'getDeadLetter',
      tags: ['dead letters'],
      summary: 'One dead letter with every attempt and its message',
      params: deadLetterPath,
      response: answers({ 200: DeadLetter }, [...COMMON_ERRORS.read, 'DEAD_LETTER_UNKNOWN']),
    },
    handler: (request) => getDeadLetter(deps, request.params.dead_letter_id),
  });
}
