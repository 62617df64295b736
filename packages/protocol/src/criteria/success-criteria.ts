import { z } from 'zod';
import { TIMEOUT_MAX_S } from '../bounds.ts';
import { RoleName } from '../names.ts';
import { ReviewCriterion } from './judging.ts';
import { LinearPattern, PATTERN_CHARS_MAX, PatternError } from './linear-pattern.ts';
import { faultOfSchema } from './result-schema.ts';

/** Files one task may be asked for. */
export const FILE_CRITERIA_MAX = 20;
/** Seconds a check command may take when nothing else is said. */
export const CHECK_TIMEOUT_DEFAULT_S = 60;

const isBelow = (path: string): boolean =>
  !path.startsWith('/') && !path.includes('\0') && !path.split('/').includes('..');

/** A file that must be in the workspace when the work is done, and what must hold of its content. */
export const FileCriterion = z
  .strictObject({
    path: z
      .string()
      .min(1)
      .max(500)
      .refine(isBelow, 'must be a relative path that does not lead out of the workspace')
      .describe('Below the workspace of the agent; a link that leads out of it does not count'),
    exists: z.literal(true).optional().describe('Said or not: the file must be there'),
    min_bytes: z.int().min(0).optional(),
    max_bytes: z.int().min(0).optional(),
    contains: z.string().min(1).max(1_000).optional().describe('A text that must be in it'),
    matches: z
      .string()
      .max(PATTERN_CHARS_MAX)
      .superRefine(checkPattern)
      .optional()
      .describe(
        'A regular expression found somewhere in it; `^` and `$` are ends of lines. No look-around, no back references',
      ),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits in lower case')
      .optional(),
  })
  .refine(({ min_bytes: min, max_bytes: max }) => min === undefined || max === undefined || min <= max, {
    path: ['max_bytes'],
    error: 'must not be less than min_bytes',
  });
export type FileCriterion = z.infer<typeof FileCriterion>;

/** A command that must end with exit code 0 in the workspace when the work is done. */
export const CommandCriterion = z.strictObject({
  run: z
    .union([z.string().min(1).max(4_000), z.array(z.string().max(4_000)).min(1).max(100)])
    .describe('A line for /bin/sh, or a program and its arguments without a shell'),
  timeout: z
    .number()
    .positive()
    .max(TIMEOUT_MAX_S)
    .default(CHECK_TIMEOUT_DEFAULT_S)
    .describe('Seconds until it is killed, with all it started. It counts into the time of the attempt'),
});
export type CommandCriterion = z.infer<typeof CommandCriterion>;

/** A schema for the result; see result-schema.ts for what may stand in it. */
export const ResultSchema = z
  .record(z.string(), z.unknown())
  .superRefine((schema, context) => {
    const fault = faultOfSchema(schema);
    if (fault === undefined) return;
    const path = fault.pointer === '' ? [] : fault.pointer.split('/');
    context.addIssue({ code: 'custom', path, message: fault.reason });
  })
  .describe('A JSON schema (a subset of draft 2020-12) that the result must satisfy');

/** What must hold before `completed` is believed (invariant I10). */
export const SuccessCriteria = z
  .strictObject({
    exit_code: z
      .int()
      .min(0)
      .max(255)
      .optional()
      .describe(
        'The command of the agent must have ended with this code; an agent that reports none has not met it',
      ),
    result_schema: ResultSchema.optional(),
    files: z.array(FileCriterion).min(1).max(FILE_CRITERIA_MAX).optional(),
    command: CommandCriterion.optional(),
    verified_by: RoleName.optional().describe(
      'When the agent has no host that looks at `files` and `command`, another agent of this role does, in its own workspace',
    ),
    review: ReviewCriterion.optional(),
  })
  .refine(
    ({ files, command, verified_by: role }) =>
      role === undefined || files !== undefined || command !== undefined,
    {
      path: ['verified_by'],
      error: 'there is nothing to check: name `files` or a `command`',
    },
  )
  .meta({
    examples: [
      {
        exit_code: 0,
        result_schema: {
          type: 'object',
          required: ['tests'],
          properties: { tests: { type: 'integer', minimum: 1 } },
        },
        files: [{ path: 'report.md', min_bytes: 100, matches: '^# Report' }],
        command: { run: 'npm test', timeout: 300 },
        review: { role: 'qa', instructions: 'Are the edge cases tested?' },
      },
    ],
  });
export type SuccessCriteria = z.infer<typeof SuccessCriteria>;

function checkPattern(source: string, context: z.RefinementCtx<string>): void {
  try {
    new LinearPattern(source, { multiline: true });
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
}
