import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { TaskId } from '../ids.ts';

/**
 * Request: try an ended task again from a clean start. Sent by the gateway on tasks.queue, consumed by the active task-router,
 * answered by task.state.v1. A completed task is refused.
 */
export const TaskRetryV1 = defineMessage(
  'task.retry.v1',
  z.object({ task_id: TaskId, by: z.string().max(200) }),
);
export type TaskRetryV1 = MessageOf<typeof TaskRetryV1>;
