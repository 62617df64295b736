import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { TaskId } from '../ids.ts';
import { TaskSpec } from '../task-spec.ts';

/**
 * A task to be done. Sent by the gateway or an agent on tasks.queue, consumed by the active task-router.
 * Answered by task.state.v1 only if `answer` is set; a repeat with the same task_id changes nothing.
 */
export const TaskSubmittedV1 = defineMessage(
  'task.submitted.v1',
  z.object({
    task_id: TaskId,
    spec: TaskSpec,
    submitter: z.string().min(1).max(200),
    answer: z.boolean().default(false),
    /** When it was accepted first: set when it is submitted again because the broker lost it. */
    submitted_at_ms: z.number().optional(),
  }),
);
export type TaskSubmittedV1 = MessageOf<typeof TaskSubmittedV1>;
