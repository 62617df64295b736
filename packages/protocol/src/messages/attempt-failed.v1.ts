import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId, TaskId } from '../ids.ts';
import { TaskError } from '../task.ts';

/**
 * One attempt of a task failed and another will follow. Written by the task-router on tasks.failed, so that the agent's performance
 * counts it.
 */
export const AttemptFailedV1 = defineMessage(
  'attempt.failed.v1',
  z.object({
    task_id: TaskId,
    task_type: z.string(),
    agent_id: AgentId,
    epoch: z.number(),
    attempt: z.int().min(1),
    at_ms: z.number(),
    error: TaskError,
  }),
);
export type AttemptFailedV1 = MessageOf<typeof AttemptFailedV1>;
