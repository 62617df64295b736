import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId } from '../ids.ts';

/**
 * The sender holds nothing any more for an agent that failed or left: the task-router re-drove its tasks, collaboration settled its
 * messages. Sent on registry; when both have spoken, the registry deletes inbox and record.
 */
export const AgentReleasedV1 = defineMessage(
  'agent.released.v1',
  z.object({ agent_id: AgentId, by: z.enum(['task-router', 'collaboration']) }),
);
export type AgentReleasedV1 = MessageOf<typeof AgentReleasedV1>;
