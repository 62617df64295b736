import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId } from '../ids.ts';

/**
 * Something was written into this agent's inbox. On the feed agents.doorbell, in the same script; the gateway then reads the inbox for an
 * agent that waits.
 */
export const InboxRangV1 = defineMessage('inbox.rang.v1', z.object({ agent_id: AgentId }));
export type InboxRangV1 = MessageOf<typeof InboxRangV1>;
