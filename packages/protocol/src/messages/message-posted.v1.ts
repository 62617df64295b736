import { z } from 'zod';
import { AgentAddress } from '../agent-message.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId, MessageId } from '../ids.ts';

/**
 * A message for an agent. Written into its inbox by collaboration. Taking it acknowledges the entry and publishes
 * message.delivered.v1 in one script.
 */
export const MessagePostedV1 = defineMessage(
  'message.posted.v1',
  z.object({
    message_id: MessageId,
    agent_id: AgentId,
    from: z.string(),
    to: AgentAddress,
    body: z.unknown(),
  }),
);
export type MessagePostedV1 = MessageOf<typeof MessagePostedV1>;
