import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { TaskHistoryEntry, TaskView } from '../task.ts';

/**
 * Answer that shows one task, on the asker's reply stream. `history` only when asked for.
 */
export const TaskStateV1 = defineMessage(
  'task.state.v1',
  z.object({ task: TaskView, history: z.array(TaskHistoryEntry).optional() }),
);
export type TaskStateV1 = MessageOf<typeof TaskStateV1>;
