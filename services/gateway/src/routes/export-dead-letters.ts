import { Readable } from 'node:stream';
import { NovaError, PAGE_MAX } from '@nova-torch/protocol';
import { z } from 'zod';
import { type FullDeadLetter, getDeadLetter, listDeadLetters } from '../dead-letters.ts';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { COMMON_ERRORS, problemAnswers } from '../http/problem-schema.ts';
import { deadLetterQuery } from './dead-letter-schemas.ts';

/** GET /v1/dead-letters/export */
export function exportDeadLettersRoute(app: GatewayHttp, deps: GatewayDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/dead-letters/export',
    config: { access: 'admin' },
    schema: {
      operationId: 'exportDeadLetters',
      tags: ['dead letters'],
      summary: 'All dead letters that fit, whole, one JSON document per line',
      querystring: z.object(deadLetterQuery),
      response: {
        200: {
          description: 'One DeadLetter per line',
          content: { 'application/x-ndjson': { schema: z.unknown() } },
        },
        ...problemAnswers(COMMON_ERRORS.read),
      },
    },
    handler: async (request, reply) => {
      const lines = exportLines(deps, request.query);
      // The first one is fetched before the answer begins, so that a keeper that does not answer is an error.
      const first = await lines.next();
      const all = async function* (): AsyncGenerator<string> {
        if (!first.done) yield first.value;
        yield* lines;
      };
      return reply.type('application/x-ndjson').send(Readable.from(all()));
    },
  });
}

async function* exportLines(
  deps: GatewayDeps,
  filter: Parameters<typeof listDeadLetters>[1]['filter'],
): AsyncGenerator<string> {
  let cursor: string | undefined;
  do {
    const page = await listDeadLetters(deps, { filter, cursor, limit: PAGE_MAX });
    for (const { dead_letter_id: id } of page.dead_letters) {
      const letter = await getDeadLetter(deps, id).catch(unlessGone);
      if (letter !== undefined) yield `${JSON.stringify(letter)}\n`;
    }
    cursor = page.next_cursor;
  } while (cursor !== undefined);
}

/** It was put back or thrown away since the page was read. */
function unlessGone(error: unknown): FullDeadLetter | undefined {
  if (error instanceof NovaError && error.code === 'DEAD_LETTER_UNKNOWN') return undefined;
  throw error;
}
