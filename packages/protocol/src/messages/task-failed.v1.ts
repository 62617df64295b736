import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId, TaskId } from '../ids.ts';
import { TaskError } from '../task.ts';

/**
 * A task ended otherwise: failed, cancelled or expired. Written by the task-router on tasks.failed in the script that ends it.
 */
export const TaskFailedV1 = defineMessage(
  'task.failed.v1',
  z.object({
    task_id: TaskId,
    task_type: z.string(),
    agent_id: AgentId.optional(),
    epoch: z.number(),
    attempt: z.int().min(0),
    submitted_at_ms: z.number(),
    started_at_ms: z.number().optional(),
    ended_at_ms: z.number(),
    status: z.enum(['failed', 'cancelled', 'expired']),
    error: TaskError,
  }),
);
export type TaskFailedV1 = MessageOf<typeof TaskFailedV1>;
