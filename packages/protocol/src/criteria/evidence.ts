import { z } from 'zod';
import { AgentId } from '../ids.ts';
import { FILE_CRITERIA_MAX, type SuccessCriteria } from './success-criteria.ts';

/** What was found, in a sentence. */
export const FOUND_CHARS_MAX = 500;
/** Of what a check command printed, its end. */
export const CHECK_OUTPUT_CHARS_MAX = 2_000;

/** Whether one criterion was met, and by what that is known. */
export const CriterionEvidence = z.object({
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
export type CriterionEvidence = z.infer<typeof CriterionEvidence>;

/** What the host of an agent found in the workspace, as it is sent with the claim. */
export const ReportedEvidence = z.array(CriterionEvidence).max(FILE_CRITERIA_MAX + 1);

/** The evidence of the last claim of completion, one entry for each criterion of the task. */
export const TaskEvidence = z.object({
  attempt: z.int().min(1),
  agent_id: AgentId,
  checked_at_ms: z.number(),
  criteria: z.array(CriterionEvidence),
});
export type TaskEvidence = z.infer<typeof TaskEvidence>;

/** Whether a task has criteria that only somebody in the workspace can check. */
export const needsWorkspace = ({ files, command }: SuccessCriteria): boolean =>
  files !== undefined || command !== undefined;
