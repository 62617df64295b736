import {
  AgentDrainV1,
  AgentGoneV1,
  Envelope,
  MessagePostedV1,
  NovaError,
  TaskAssignedV1,
  TaskStopV1,
} from '@nova-torch/protocol';
import { z } from 'zod';
import type { GatewayDeps } from '../deps.ts';
import { connectionSignal } from '../http/connection-signal.ts';
import type { GatewayHttp } from '../http/gateway-http.ts';
import { answers, COMMON_ERRORS } from '../http/problem-schema.ts';
import { agentPath, serverTime } from './parameters.ts';

const WAIT_MAX_S = 30;
const MESSAGES_MAX = 256;

const Pull = z
  .strictObject({
    max: z
      .int()
      .min(1)
      .max(MESSAGES_MAX)
      .default(10)
      .describe('Messages to take at most: the free slots, say'),
    wait_s: z.number().min(0).max(WAIT_MAX_S).default(20).describe('Seconds to wait for the first message'),
    session: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .describe(
        'Any text that changes when the agent may have lost what it was given: all of it is given again',
      ),
  })
  .meta({ id: 'Pull', examples: [{ max: 2, wait_s: 20, session: 'run-7' }] });

/** Named for the document only: the contract checks them where they are read. */
const Payload = z.union([
  TaskAssignedV1.payload,
  TaskStopV1.payload,
  MessagePostedV1.payload,
  AgentDrainV1.payload,
  AgentGoneV1.payload,
]);
const Pulled = z
  .object({
    messages: z
      .array(z.object({ entry_id: z.string(), message: Envelope.extend({ payload: Payload }) }))
      .describe(
        'Tasks and orders first, then messages, the most urgent first; empty when nothing came in time',
      ),
    server_time_ms: serverTime,
  })
  .meta({ id: 'PulledMessages' });

/** POST /v1/agents/{agent_id}/inbox/pull */
export function pullInboxRoute(app: GatewayHttp, deps: GatewayDeps): void {
  const { door, signs, broker, metrics } = deps;
  app.route({
    method: 'POST',
    url: '/v1/agents/:agent_id/inbox/pull',
    config: { access: 'own-agent', waits: true },
    schema: {
      operationId: 'pullInbox',
      tags: ['work'],
      summary: 'Take messages from the inbox, waiting for the first',
      description:
        'Of the first 64 that wait, messages come by priority; every eighth given is the one that waits longest. An ' +
        'expired message is never given. At least once: an entry is given again after a new session, after an answer that did not get through, and ' +
        'when it is not acknowledged for a minute. One pull at a time; a new one ends the one before. Closing the ' +
        'connection of an open pull counts as a sign of death, taken back by the next pull or heartbeat.',
      params: agentPath,
      body: Pull.prefault({}),
      response: answers({ 200: Pulled }, [...COMMON_ERRORS.ask, 'AGENT_UNKNOWN']),
    },
    handler: async (request, reply) => {
      const { agent_id: agentId } = request.params;
      const signal = connectionSignal(reply);
      signal.addEventListener('abort', () => signs.closed(agentId), { once: true });
      signs.returned(agentId);
      const { max, wait_s, session } = request.body;
      const pulled = await door
        .pull({ agentId, max, waitMs: wait_s * 1000, session, signal })
        .catch((error: unknown) => {
          if (error instanceof NovaError && error.code === 'OVERLOADED')
            metrics.refused.inc({ limit: 'pulls' });
          throw error;
        });
      metrics.inboxMessages.inc({ outcome: 'given' }, pulled.length);
      signal.addEventListener('abort', () => {
        door.undelivered(agentId, pulled);
        metrics.inboxMessages.inc({ outcome: 'undelivered' }, pulled.length);
      });
      const messages = pulled.map(({ entryId, message }) => ({ entry_id: entryId, message }));
      return reply.send({ messages, server_time_ms: broker.serverNowMs() } as z.infer<typeof Pulled>);
    },
  });
}
