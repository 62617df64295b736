import { z } from 'zod';
import { AgentRecord } from '../agent.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';

/**
 * Answer to agent.list.v1, on the asker's reply stream. `feed_id` was read before the records: events after it are not all in the page.
 */
export const AgentPageV1 = defineMessage(
  'agent.page.v1',
  z.object({ agents: z.array(AgentRecord), next_cursor: z.string().optional(), feed_id: z.string() }),
);
export type AgentPageV1 = MessageOf<typeof AgentPageV1>;
