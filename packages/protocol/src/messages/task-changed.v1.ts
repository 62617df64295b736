import { z } from 'zod';
import { defineMessage, type MessageOf, Priority } from '../envelope.ts';
import { AgentId, TaskId } from '../ids.ts';
import { TaskError, TaskProgress } from '../task.ts';
import { TaskState } from '../task-state.ts';

/**
 * A task made a transition, or its progress changed (then from equals to). Written by the task-router on the feed tasks.active, in the
 * script of the transition; `seq` counts the changes of one task without a gap, transitions and progress alike.
 */
export const TaskChangedV1 = defineMessage(
  'task.changed.v1',
  z.object({
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
    error: TaskError.optional(),
    progress: TaskProgress.optional(),
    /** Of a completed task, if it is small; `result_omitted` says that there is one to be asked for. */
    result: z.unknown().optional(),
    result_omitted: z.boolean().optional(),
  }),
);
export type TaskChangedV1 = MessageOf<typeof TaskChangedV1>;
