import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { TaskId } from '../ids.ts';

/**
 * Question: who was chosen for a task and why, or why it still waits. Sent on tasks.queries, consumed by any
 * task-router, answered by task.explained.v1.
 */
export const TaskExplainV1 = defineMessage('task.explain.v1', z.object({ task_id: TaskId }));
export type TaskExplainV1 = MessageOf<typeof TaskExplainV1>;
