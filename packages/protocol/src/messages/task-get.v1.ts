import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { TaskId } from '../ids.ts';

/**
 * Question: one task. Sent on tasks.queries, consumed by any task-router, answered by task.state.v1.
 */
export const TaskGetV1 = defineMessage(
  'task.get.v1',
  z.object({ task_id: TaskId, history: z.boolean().default(false) }),
);
export type TaskGetV1 = MessageOf<typeof TaskGetV1>;
