import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { TaskId } from '../ids.ts';

/** Tasks asked about at one time. */
export const SURVEY_TASKS_MAX = 500;

/**
 * Question: the states of many tasks. Sent on tasks.queries, consumed by any task-router, answered by task.surveyed.v1.
 */
export const TaskSurveyV1 = defineMessage(
  'task.survey.v1',
  z.object({ task_ids: z.array(TaskId).min(1).max(SURVEY_TASKS_MAX) }),
);
export type TaskSurveyV1 = MessageOf<typeof TaskSurveyV1>;
