import {
  AgentAddress,
  MessageId,
  MessageRecord,
  MessageSendV1,
  MessageStateV1,
  newMessageId,
} from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { reservedId } from '../store/idempotency-store.ts';
import { explainSize } from '../submitting.ts';
import { idempotencyHeaders } from './parameters.ts';

const NewMessage = z
  .strictObject({
    message_id: MessageId.optional().describe('Made unless given; the same id again sends nothing'),
    to: AgentAddress.describe(
      'An agent id, `role:<role>`, `skill:<skill>`, `label:<name>=<value>`, `team:<team>` or `broadcast`',
    ),
    body: z
      .unknown()
      .refine((body) => body !== undefined, 'is required')
      .describe('Any JSON'),
  })
  .meta({ id: 'NewMessage', examples: [{ to: 'role:qa', body: { text: 'Build 512 is ready to test.' } }] });

/** POST /v1/messages */
export function sendMessageRoute(app: GatewayHttp, deps: GatewayDeps): void {
  const { asking, streams, partition, broker, idempotency } = deps;
  app.route({
    method: 'POST',
    url: '/v1/messages',
    config: { access: 'any' },
    schema: {
      operationId: 'sendMessage',
      tags: ['messages'],
      summary: 'Send a message to an agent, to some by role, skill, label or team, or to everybody',
      description: 'The sender is whom the key belongs to. `delivered` means that the agent took it.',
      headers: idempotencyHeaders,
      body: NewMessage,
      response: answers({ 202: MessageRecord }, [
        ...COMMON_ERRORS.ask,
        'NO_RECIPIENT',
        'AGENT_UNKNOWN',
        'IDEMPOTENCY_CONFLICT',
      ]),
    },
    handler: async (request, reply) => {
      const { to, body } = request.body;
      const from = request.principal.name;
      const key = request.headers['idempotency-key'];
      let id = request.body.message_id ?? newMessageId(partition, broker.serverNowMs());
      if (key !== undefined) {
        const [reserved] = await idempotency.reserve('message', from, [{ key, body: request.rawBody, id }]);
        id = reservedId(reserved, key) as MessageId;
      }
      const { message } = await asking
        .ask({
          stream: streams.collaborationPeer,
          target: 'collaboration',
          definition: MessageSendV1,
          payload: { message_id: id, from, to, body },
          answer: MessageStateV1,
        })
        .catch((error: unknown) => {
          throw explainSize(error, request.body);
        });
      return reply.code(202).send(message);
    },
  });
}
