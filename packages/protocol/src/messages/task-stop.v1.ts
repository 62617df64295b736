import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { TaskId } from '../ids.ts';

/**
 * An agent is to stop working on this task: it was cancelled, expired or given to another. Written into the agent's inbox by the
 * task-router. An agent that works under a higher epoch ignores it.
 */
export const TaskStopV1 = defineMessage(
  'task.stop.v1',
  z.object({ task_id: TaskId, epoch: z.number(), reason: z.string() }),
);
export type TaskStopV1 = MessageOf<typeof TaskStopV1>;
