import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { TaskExplanation } from '../task-decision.ts';

/**
 * Answer to task.explain.v1, on the asker's reply stream.
 */
export const TaskExplainedV1 = defineMessage('task.explained.v1', z.object({ explanation: TaskExplanation }));
export type TaskExplainedV1 = MessageOf<typeof TaskExplainedV1>;
