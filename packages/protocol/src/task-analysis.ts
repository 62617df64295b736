import { z } from 'zod';

/** How many characters of the description an analysis reads; the answer says when there were more. */
export const ANALYSED_CHARS_MAX = 20_000;
/** The longest a model may take for its part of an analysis, in ms. */
export const ANALYSIS_MODEL_MS_MAX = 20_000;
/** How long the answer to an analysis is waited for, in ms: that and some for the way. */
export const ANALYSIS_ANSWER_MS = 25_000;

/** A word of the task that led to a finding. */
export const MatchedWord = z.object({
  word: z.string().describe('As it is written in the task'),
  where: z.enum(['title', 'description', 'task_type']),
});
export type MatchedWord = z.infer<typeof MatchedWord>;

const FoundSkill = z.object({
  name: z.string(),
  matched: z
    .array(MatchedWord)
    .describe('Empty when a model named the skill and no word of it is in the task'),
});

const FoundRole = z.object({
  name: z.string(),
  matched: z.array(MatchedWord).describe('Words that name the role or its work'),
  skills: z.array(z.string()).describe('Skills found that are typical of it'),
  reason: z.string(),
});

/** A yes or no with the reason a person understands. */
const Judgement = z.object({ value: z.boolean(), reason: z.string() });

/** What is read out of a task's text. It is advice: nothing in it is ever required of an agent. */
export const TaskAnalysis = z.object({
  by: z
    .enum(['rules', 'llm'])
    .optional()
    .describe('Who found it: the rules of the taxonomy, or a model asked by the operator’s wish'),
  by_reason: z
    .string()
    .optional()
    .describe('Which model it was, or why one that is configured was not asked or not believed'),
  skills: z.array(FoundSkill).describe('In the order they are named'),
  role: FoundRole.optional().describe('Absent when nothing points to one, or to two alike'),
  complexity: z.object({
    value: z.number().min(0).max(1).describe('0: trivial, 1: as hard as it gets'),
    reasons: z.array(z.string()),
  }),
  duration: z.object({
    seconds: z.number().min(0),
    p90_seconds: z.number().min(0).optional().describe('Nine of ten took no longer; only from history'),
    source: z
      .enum(['history', 'complexity'])
      .describe('`history`: completed tasks of this task type; `complexity`: a guess'),
    reason: z.string(),
  }),
  parallelisable: Judgement,
  team_needed: Judgement,
  warnings: z
    .array(
      z.object({
        field: z.string(),
        detail: z.string(),
        suggestions: z.array(z.string()).describe('Names that may have been meant, the likeliest first'),
      }),
    )
    .describe(
      'Skills that neither an agent nor the taxonomy knows: required ones, and those a model named; a role that no template has either',
    ),
  truncated: z
    .boolean()
    .describe(`Whether the description is longer than the ${ANALYSED_CHARS_MAX} characters that were read`),
});
export type TaskAnalysis = z.infer<typeof TaskAnalysis>;
