import { DeadLetterResult, NovaError } from '@nova-torch/protocol';
import { settleDeadLetters } from '../dead-letters.ts';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { deadLetterPath } from './dead-letter-schemas.ts';

/** DELETE /v1/dead-letters/{dead_letter_id} */
export function discardDeadLetterRoute(app: GatewayHttp, deps: GatewayDeps): void {
  app.route({
    method: 'DELETE',
    url: '/v1/dead-letters/:dead_letter_id',
    config: { access: 'admin' },
    schema: {
      operationId: 'discardDeadLetter',
      tags: ['dead letters'],
      summary: 'Throw a dead letter away',
      params: deadLetterPath,
      response: answers({ 200: DeadLetterResult }, [...COMMON_ERRORS.read, 'DEAD_LETTER_UNKNOWN']),
    },
    handler: async (request) => {
      const { dead_letter_id: id } = request.params;
      const by = request.principal.name;
      const { results } = await settleDeadLetters(deps, { kind: 'discard', by, ids: [id], limit: 1 });
      const [result] = results;
      if (result?.outcome !== 'discarded') {
        throw new NovaError('DEAD_LETTER_UNKNOWN', `There is no dead letter ${id}.`);
      }
      return result;
    },
  });
}
