import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId, TaskId } from '../ids.ts';
import { CHANGES_MAX } from './task-changed.v1.ts';

/** A task that ended well. */
export const CompletedTask = z.object({
  task_id: TaskId,
  task_type: z.string(),
  agent_id: AgentId.optional(),
  epoch: z.number(),
  attempt: z.int().min(0),
  submitted_at_ms: z.number(),
  started_at_ms: z.number().optional(),
  /** When its agent had done the work, if others judged it after that. */
  worked_until_ms: z.number().optional(),
  ended_at_ms: z.number(),
});
export type CompletedTask = z.infer<typeof CompletedTask>;

/**
 * Tasks ended well. Written by the task-router on tasks.completed in the script that ends them, each once per task and try: what
 * is written together is told together.
 */
export const TaskCompletedV1 = defineMessage(
  'task.completed.v1',
  z.object({ tasks: z.array(CompletedTask).min(1).max(CHANGES_MAX) }),
);
export type TaskCompletedV1 = MessageOf<typeof TaskCompletedV1>;
