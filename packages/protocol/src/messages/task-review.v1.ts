import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { TaskId } from '../ids.ts';

/** Tasks asked about at one time. */
export const REVIEW_TASKS_MAX = 500;

/**
 * Question: the states of many tasks. Sent on tasks.queries, consumed by any task-router, answered by task.reviewed.v1.
 */
export const TaskReviewV1 = defineMessage(
  'task.review.v1',
  z.object({ task_ids: z.array(TaskId).min(1).max(REVIEW_TASKS_MAX) }),
);
export type TaskReviewV1 = MessageOf<typeof TaskReviewV1>;
