import { asTimeMs } from '@nova-torch/streams';
import { settleDeadLetters } from '../dead-letters.ts';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { DeadLetterChoice, DeadLettersSettled, withCounts } from './dead-letter-schemas.ts';

const SUMMARIES = {
  replay: 'Put dead letters back on the streams they came from: those named, or those that fit',
  discard: 'Throw dead letters away: those named, or those that fit',
} as const;

/** POST /v1/dead-letters/replay */
export const replayDeadLettersRoute = settleRoute('replay', 'replayDeadLetters');
/** POST /v1/dead-letters/discard */
export const discardDeadLettersRoute = settleRoute('discard', 'discardDeadLetters');

function settleRoute(kind: 'replay' | 'discard', operationId: string) {
  return (app: GatewayHttp, deps: GatewayDeps): void => {
    app.route({
      method: 'POST',
      url: `/v1/dead-letters/${kind}`,
      config: { access: 'admin' },
      schema: {
        operationId,
        tags: ['dead letters'],
        summary: SUMMARIES[kind],
        description:
          'What is given up after the request came is not taken. Repeating is safe: none is put back twice.',
        body: DeadLetterChoice,
        response: answers({ 200: DeadLettersSettled }, [
          ...COMMON_ERRORS.ask,
          'CURSOR_INVALID',
          'DEAD_LETTER_UNKNOWN',
        ]),
      },
      handler: async (request) => {
        const { dead_letter_ids: ids, filter = {}, cursor, limit } = request.body;
        // Those put back that fail again must not be taken once more. The broker is asked: by a guess of its clock that is a
        // little behind, one that was given up just now would be left out.
        const until_ms = filter.until_ms ?? asTimeMs(await deps.broker.call('TIME')) + 1;
        const by = request.principal.name;
        const settled = await settleDeadLetters(deps, {
          ...{ kind, by, ids, cursor, limit },
          filter: { ...filter, until_ms },
        });
        return withCounts(settled);
      },
    });
  };
}
