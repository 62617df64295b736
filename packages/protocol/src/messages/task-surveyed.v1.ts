import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { TaskId } from '../ids.ts';
import { TaskState } from '../task-state.ts';

/**
 * Answer to task.survey.v1, on the asker's reply stream: the state of each task that is known; one without a record is missing.
 */
export const TaskSurveyedV1 = defineMessage(
  'task.surveyed.v1',
  z.object({ states: z.record(TaskId, TaskState) }),
);
export type TaskSurveyedV1 = MessageOf<typeof TaskSurveyedV1>;
