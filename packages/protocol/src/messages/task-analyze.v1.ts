import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { TaskSpec } from '../task-spec.ts';

/**
 * Question: what can be read out of a task; nothing is submitted. Sent on tasks.queries, consumed by any task-router,
 * answered by task.analyzed.v1.
 */
export const TaskAnalyzeV1 = defineMessage('task.analyze.v1', z.object({ spec: TaskSpec }));
export type TaskAnalyzeV1 = MessageOf<typeof TaskAnalyzeV1>;
