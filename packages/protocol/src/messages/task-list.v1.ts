import { z } from 'zod';
import { PAGE_MAX } from '../bounds.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { AgentId } from '../ids.ts';
import { TaskState } from '../task-state.ts';

/**
 * Question: a page of tasks, newest first. Sent on tasks.queries, consumed by any task-router, answered by task.page.v1.
 */
export const TaskListV1 = defineMessage(
  'task.list.v1',
  z.object({
    status: TaskState.optional(),
    role: z.string().optional(),
    label: z.string().optional().describe('name=value, or name'),
    reader: AgentId.optional().describe('Only tasks this agent submitted, holds or held last'),
    cursor: z.string().max(200).optional(),
    limit: z.int().min(1).max(PAGE_MAX).default(50),
  }),
);
export type TaskListV1 = MessageOf<typeof TaskListV1>;
