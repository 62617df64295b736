import { z } from 'zod';
import { AgentId, TaskId } from '../ids.ts';
import { REVIEW_COMMENTS_CHARS_MAX } from './judging.ts';
import { FILE_CRITERIA_MAX, type SuccessCriteria } from './success-criteria.ts';

/** What was found, in a sentence. */
export const FOUND_CHARS_MAX = 500;
/** Of what a check command printed, its end. */
export const CHECK_OUTPUT_CHARS_MAX = 2_000;

/** Whether a criterion that is checked in a workspace was met, and by what that is known. */
const Finding = z.object({
  criterion: z
    .string()
    .regex(/^(exit_code|result_schema|command|files\/\d{1,2})$/)
    .describe('Its place in `success_criteria`: `exit_code`, `result_schema`, `files/0`, `command`'),
  met: z.boolean(),
  found: z.string().max(FOUND_CHARS_MAX).describe('What was found, in a sentence'),
  output: z
    .string()
    .max(CHECK_OUTPUT_CHARS_MAX)
    .optional()
    .describe('The end of what a check command printed'),
  duration_ms: z.number().min(0).optional(),
});

/** What the host of an agent found in the workspace, as it is sent with the claim. */
export const ReportedEvidence = z.array(Finding).max(FILE_CRITERIA_MAX + 1);

/** Whether one criterion was met, and by what that is known. */
export const CriterionEvidence = Finding.extend({
  criterion: z
    .string()
    .regex(/^(exit_code|result_schema|command|review|files\/\d{1,2})$/)
    .describe(
      'Its place in `success_criteria`: `exit_code`, `result_schema`, `files/0`, `command`, `review`',
    ),
});
export type CriterionEvidence = z.infer<typeof CriterionEvidence>;

/** Another agent's look at a claim. */
const Judgement = z.object({
  task_id: TaskId.describe('The task that was given to it for this'),
  agent_id: AgentId.optional().describe('Who looked; absent until then'),
  ended_at_ms: z.number().optional(),
});

/** The evidence of the last claim of completion, one entry for each criterion of the task that was judged so far. */
export const TaskEvidence = z.object({
  attempt: z.int().min(1),
  agent_id: AgentId,
  checked_at_ms: z.number(),
  criteria: z.array(CriterionEvidence),
  check: Judgement.optional().describe('Who checked files and command, if not the agent’s own host'),
  review: Judgement.extend({
    approved: z.boolean().optional(),
    comments: z.string().max(REVIEW_COMMENTS_CHARS_MAX).optional(),
  })
    .optional()
    .describe('Only of a task that asks for a review'),
});
export type TaskEvidence = z.infer<typeof TaskEvidence>;

/** Whether a task has criteria that only somebody in the workspace can check. */
export const needsWorkspace = ({ files, command }: SuccessCriteria): boolean =>
  files !== undefined || command !== undefined;

/** The result of a check of files and command in a workspace. */
export const CheckFindings = z.object({ evidence: ReportedEvidence });

/** CheckFindings as a criterion of the check: an agent that looked at nothing has not done it. */
export const CHECK_RESULT_SCHEMA = {
  type: 'object',
  required: ['evidence'],
  properties: {
    evidence: {
      type: 'array',
      items: {
        type: 'object',
        required: ['criterion', 'met', 'found'],
        properties: { criterion: { type: 'string' }, met: { type: 'boolean' }, found: { type: 'string' } },
      },
    },
  },
};
