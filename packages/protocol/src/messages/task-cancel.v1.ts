import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { TaskId } from '../ids.ts';

/**
 * Request: end this task. Sent by the gateway on tasks.queue, consumed by the active task-router, answered by task.state.v1.
 * Raises the epoch, so a result that arrives later is refused.
 */
export const TaskCancelV1 = defineMessage(
  'task.cancel.v1',
  z.object({ task_id: TaskId, reason: z.string().max(2_000), by: z.string().max(200) }),
);
export type TaskCancelV1 = MessageOf<typeof TaskCancelV1>;
