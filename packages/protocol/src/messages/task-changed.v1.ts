import { z } from 'zod';
import { defineMessage, type MessageOf, Priority, Traceparent } from '../envelope.ts';
import { AgentId, TaskId } from '../ids.ts';
import { TaskError, TaskProgress } from '../task.ts';
import { TaskState } from '../task-state.ts';

/** Changes in one message at most: what one write of the task-router may hold. */
export const CHANGES_MAX = 1_000;

/**
 * One transition of a task, or a change of its progress (then from equals to). `seq` counts the changes of one task
 * without a gap, transitions and progress alike.
 */
export const TaskChange = z.object({
  task_id: TaskId,
  seq: z.int().positive(),
  from: z.union([TaskState, z.literal('none')]),
  to: TaskState,
  at_ms: z.number(),
  epoch: z.number(),
  attempt: z.int().min(0),
  agent_id: AgentId.optional(),
  reason: z.string(),
  role: z.string().optional(),
  priority: Priority,
  /** The task's trace: changes of many tasks share one envelope. */
  traceparent: Traceparent.optional(),
  error: TaskError.optional(),
  progress: TaskProgress.optional(),
  /** Of a completed task, if it is small; `result_omitted` says that there is one to be asked for. */
  result: z.unknown().optional(),
  result_omitted: z.boolean().optional(),
});
export type TaskChange = z.infer<typeof TaskChange>;

/**
 * Tasks made transitions, or their progress changed. Written by the task-router on the feed tasks.active, in the script of these
 * transitions: what is written together is told together, in the order of its happening.
 */
export const TaskChangedV1 = defineMessage(
  'task.changed.v1',
  z.object({ changes: z.array(TaskChange).min(1).max(CHANGES_MAX) }),
);
export type TaskChangedV1 = MessageOf<typeof TaskChangedV1>;
