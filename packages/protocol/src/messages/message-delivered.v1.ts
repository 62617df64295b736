import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId, MessageId } from '../ids.ts';

/**
 * The agent took the message. Sent by the agent, or the gateway for it, on collaboration.peer, consumed by collaboration.
 */
export const MessageDeliveredV1 = defineMessage(
  'message.delivered.v1',
  z.object({ message_id: MessageId, agent_id: AgentId, at_ms: z.number() }),
);
export type MessageDeliveredV1 = MessageOf<typeof MessageDeliveredV1>;
