import { DeadLetterResult, NovaError } from '@nova-torch/protocol';
import { settleDeadLetters } from '../dead-letters.ts';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { deadLetterPath } from './dead-letter-schemas.ts';

const WHY_STUCK = {
  expired: 'its message has expired, nobody would handle it',
  no_stream: 'the stream it came from is gone',
} as const;

/** POST /v1/dead-letters/{dead_letter_id}/replay */
export function replayDeadLetterRoute(app: GatewayHttp, deps: GatewayDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/dead-letters/:dead_letter_id/replay',
    config: { access: 'admin' },
    schema: {
      operationId: 'replayDeadLetter',
      tags: ['dead letters'],
      summary: 'Put a dead letter back on the stream it came from',
      description:
        'Its history goes along, its attempts are counted anew. It goes back once: asked again within a day, the answer ' +
        'is `repeated`.',
      params: deadLetterPath,
      response: answers({ 200: DeadLetterResult }, [
        ...COMMON_ERRORS.ask,
        'DEAD_LETTER_UNKNOWN',
        'DEAD_LETTER_STUCK',
      ]),
    },
    handler: async (request) => {
      const { dead_letter_id: id } = request.params;
      const by = request.principal.name;
      const { results } = await settleDeadLetters(deps, { kind: 'replay', by, ids: [id], limit: 1 });
      const [result] = results;
      if (result === undefined || result.outcome === 'unknown') {
        throw new NovaError('DEAD_LETTER_UNKNOWN', `There is no dead letter ${id}.`);
      }
      if (result.outcome === 'expired' || result.outcome === 'no_stream') {
        throw new NovaError('DEAD_LETTER_STUCK', `${id} stays: ${WHY_STUCK[result.outcome]}.`);
      }
      return result;
    },
  });
}
