import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId, TaskId } from '../ids.ts';

/**
 * A task ended well. Written by the task-router on tasks.completed in the script that ends it, once per task and try.
 */
export const TaskCompletedV1 = defineMessage(
  'task.completed.v1',
  z.object({
    task_id: TaskId,
    task_type: z.string(),
    agent_id: AgentId.optional(),
    epoch: z.number(),
    attempt: z.int().min(0),
    submitted_at_ms: z.number(),
    started_at_ms: z.number().optional(),
    ended_at_ms: z.number(),
  }),
);
export type TaskCompletedV1 = MessageOf<typeof TaskCompletedV1>;
