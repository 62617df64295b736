import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId, MessageId } from '../ids.ts';

/**
 * Question: what became of a message? Sent on collaboration.peer, consumed by collaboration, answered by message.state.v1.
 */
export const MessageGetV1 = defineMessage(
  'message.get.v1',
  z.object({
    message_id: MessageId,
    reader: AgentId.optional().describe('Refused with FORBIDDEN unless this agent sent or got the message'),
  }),
);
export type MessageGetV1 = MessageOf<typeof MessageGetV1>;
