import { z } from 'zod';
import { AgentAddress } from '../agent-message.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { MessageId } from '../ids.ts';

/**
 * Request: deliver a message to an agent, to those of a role, skill, label or team, or to everybody. Sent by the gateway or agents on collaboration.peer, consumed by
 * collaboration, answered by message.state.v1. The same message_id again sends nothing.
 * `deliver_at` and `expires_at` are Unix seconds, fractional: the message waits until then, and is given to nobody from then on.
 */
export const MessageSendV1 = defineMessage(
  'message.send.v1',
  z.object({
    message_id: MessageId,
    from: z.string().min(1).max(200),
    to: AgentAddress,
    body: z.unknown(),
    deliver_at: z.number().positive().optional(),
    expires_at: z.number().positive().optional(),
  }),
);
export type MessageSendV1 = MessageOf<typeof MessageSendV1>;
