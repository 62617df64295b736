import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { TaskSummary } from '../task.ts';

/**
 * Answer to task.list.v1, on the asker's reply stream.
 */
export const TaskPageV1 = defineMessage(
  'task.page.v1',
  z.object({ tasks: z.array(TaskSummary), next_cursor: z.string().optional() }),
);
export type TaskPageV1 = MessageOf<typeof TaskPageV1>;
