import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { TaskId } from '../ids.ts';
import { TaskState } from '../task-state.ts';

/**
 * Answer to task.review.v1, on the asker's reply stream: the state of each task that is known; one without a record is missing.
 */
export const TaskReviewedV1 = defineMessage(
  'task.reviewed.v1',
  z.object({ states: z.record(TaskId, TaskState) }),
);
export type TaskReviewedV1 = MessageOf<typeof TaskReviewedV1>;
