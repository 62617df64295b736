import {
  AgentAddress,
  DELAY_MAX_S,
  MessageId,
  MessageRecord,
  MessageSendV1,
  MessageStateV1,
  newMessageId,
  Priority,
} from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { reservedId } from '../store/idempotency-store.ts';
import { explainSize } from '../submitting.ts';
import { idempotencyHeaders } from './parameters.ts';

const Instant = z.iso.datetime({ offset: true });
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
    priority: Priority.optional().describe('Among what waits in one inbox; `normal` unless given'),
    deliver_at: Instant.optional().describe('It waits until then; who has the address then gets it'),
    delay_s: z.number().min(0).max(DELAY_MAX_S).optional().describe('The same, seconds from now'),
    expires_at: Instant.optional().describe('Nobody is given it from then on: it is `expired`'),
    expires_in_s: z
      .number()
      .positive()
      .max(2 * DELAY_MAX_S)
      .optional()
      .describe('The same, seconds from now'),
  })
  .refine((one) => one.deliver_at === undefined || one.delay_s === undefined, {
    error: 'not together with deliver_at',
    path: ['delay_s'],
  })
  .refine((one) => one.expires_at === undefined || one.expires_in_s === undefined, {
    error: 'not together with expires_at',
    path: ['expires_in_s'],
  })
  .meta({ id: 'NewMessage', examples: [{ to: 'role:qa', body: { text: 'Build 512 is ready to test.' } }] });

/** An instant as Unix seconds of the broker's clock, given as such or as seconds from now. */
function unixSeconds(at: string | undefined, inS: number | undefined, nowMs: number): number | undefined {
  if (at !== undefined) return Date.parse(at) / 1000;
  return inS === undefined ? undefined : nowMs / 1000 + inS;
}

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
      description:
        'The sender is whom the key belongs to. `delivered` means that the agent took it. With a time to be delivered at it ' +
        'has no recipients until then: an agent must exist now, who has another address is looked up when the time comes.',
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
      const { to, body, priority, deliver_at, delay_s, expires_at, expires_in_s } = request.body;
      const nowMs = broker.serverNowMs();
      const from = request.principal.name;
      const key = request.headers['idempotency-key'];
      let id = request.body.message_id ?? newMessageId(partition, nowMs);
      if (key !== undefined) {
        const [reserved] = await idempotency.reserve('message', from, [{ key, body: request.rawBody, id }]);
        id = reservedId(reserved, key) as MessageId;
      }
      const { message } = await asking
        .ask({
          stream: streams.collaborationPeer,
          target: 'collaboration',
          definition: MessageSendV1,
          payload: {
            ...{ message_id: id, from, to, body },
            deliver_at: unixSeconds(deliver_at, delay_s, nowMs),
            expires_at: unixSeconds(expires_at, expires_in_s, nowMs),
          },
          ...(priority !== undefined && { priority }),
          answer: MessageStateV1,
        })
        .catch((error: unknown) => {
          throw explainSize(error, request.body);
        });
      return reply.code(202).send(message);
    },
  });
}
