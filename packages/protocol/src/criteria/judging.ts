// What another agent is asked when it is to judge a claim of completion, and what it answers.
import { z } from 'zod';
import * as bounds from '../bounds.ts';
import { RoleName } from '../names.ts';

/** Characters of what a reviewer is told to look at, and of what it says. */
export const REVIEW_INSTRUCTIONS_CHARS_MAX = 4_000;
export const REVIEW_COMMENTS_CHARS_MAX = 2_000;

/** Type of a task that reviews the work of another agent, and of one that checks files and command in its workspace. */
export const REVIEW_TASK_TYPE = 'nova.review';
export const CHECK_TASK_TYPE = 'nova.check';

/** Another agent must approve of the work. */
export const ReviewCriterion = z.strictObject({
  role: RoleName.describe('Who reviews: an agent of this role, never the one that did the work'),
  instructions: z
    .string()
    .min(1)
    .max(REVIEW_INSTRUCTIONS_CHARS_MAX)
    .optional()
    .describe('What the reviewer is to look at'),
  timeout: z
    .number()
    .positive()
    .max(bounds.TIMEOUT_MAX_S)
    .default(bounds.TIMEOUT_DEFAULT_S)
    .describe('Seconds one attempt at the review may run, from its start'),
});
export type ReviewCriterion = z.infer<typeof ReviewCriterion>;

/** The result of a review. What else is in it is left out. */
export const ReviewVerdict = z.object({
  approved: z.boolean(),
  comments: z.string().max(REVIEW_COMMENTS_CHARS_MAX).optional(),
});
export type ReviewVerdict = z.infer<typeof ReviewVerdict>;

/** ReviewVerdict as a criterion of the review: another result is a failed attempt at it. */
export const REVIEW_RESULT_SCHEMA = {
  type: 'object',
  required: ['approved'],
  properties: {
    approved: { type: 'boolean' },
    comments: { type: 'string', maxLength: REVIEW_COMMENTS_CHARS_MAX },
  },
};
