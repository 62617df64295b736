import { MessageGetV1, MessageId, MessageRecord, MessageStateV1 } from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import { readerOf } from '../domain/principal.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';

/** GET /v1/messages/{message_id} */
export function getMessageRoute(app: GatewayHttp, { asking, streams }: GatewayDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/messages/:message_id',
    config: { access: 'any' },
    schema: {
      operationId: 'getMessage',
      tags: ['messages'],
      summary: 'One message and what became of it at each recipient',
      params: z.object({ message_id: MessageId }),
      response: answers({ 200: MessageRecord }, [...COMMON_ERRORS.read, 'MESSAGE_UNKNOWN']),
    },
    handler: async (request) => {
      const { message } = await asking.ask({
        stream: streams.collaborationPeer,
        target: 'collaboration',
        definition: MessageGetV1,
        payload: { message_id: request.params.message_id, ...readerOf(request.principal) },
        answer: MessageStateV1,
      });
      return message;
    },
  });
}
