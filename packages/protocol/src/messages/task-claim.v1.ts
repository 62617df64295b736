import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId, TaskId } from '../ids.ts';

/**
 * Question: may I still start this assignment? Asked by an agent whose assignment is older than its lease_until. Sent on tasks.queries,
 * consumed by any task-router, answered by task.claimed.v1.
 */
export const TaskClaimV1 = defineMessage(
  'task.claim.v1',
  z.object({ task_id: TaskId, agent_id: AgentId, epoch: z.number(), lease: z.string() }),
);
export type TaskClaimV1 = MessageOf<typeof TaskClaimV1>;
