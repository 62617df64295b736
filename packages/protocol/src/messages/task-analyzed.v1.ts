import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { TaskAnalysis } from '../task-analysis.ts';

/**
 * Answer to task.analyze.v1, on the asker's reply stream.
 */
export const TaskAnalyzedV1 = defineMessage('task.analyzed.v1', z.object({ analysis: TaskAnalysis }));
export type TaskAnalyzedV1 = MessageOf<typeof TaskAnalyzedV1>;
