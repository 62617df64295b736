import { z } from 'zod';
import { ScheduleId, TaskId } from './ids.ts';
import { TaskSpec } from './task-spec.ts';

const YEAR_S = 366 * 24 * 3600;

/**
 * A task to be submitted again and again: at the times of a cron expression, or every so many seconds. What would be the
 * same instant for every run (`deadline`, `run_at`) is refused in its task: `ttl` bounds a run.
 */
export const ScheduleSpec = z
  .strictObject({
    name: z.string().min(1).max(200).optional(),
    cron: z
      .string()
      .max(100)
      .regex(/^\S+( \S+){4}$/, 'five fields: minute, hour, day of month, month, day of week')
      .optional()
      .describe('Either this or `every_s`'),
    every_s: z
      .int()
      .min(1)
      .max(YEAR_S)
      .optional()
      .describe('Seconds from one run to the next, from its creation on'),
    timezone: z
      .string()
      .min(1)
      .max(64)
      .default('UTC')
      .describe('IANA name; the times of `cron` are of this zone'),
    task: TaskSpec,
    overlap: z
      .enum(['skip', 'queue'])
      .default('skip')
      .describe(
        '`skip`: no run while the task of the last one has not ended; `queue`: it waits like any other',
      ),
    catch_up: z
      .enum(['none', 'one'])
      .default('none')
      .describe(
        'Of the runs missed while no router was there: none is made up for, or one in the place of all',
      ),
    ends_at: z.iso.datetime({ offset: true }).optional().describe('No run after it'),
    max_runs: z.int().min(1).max(1_000_000).optional().describe('It ends after so many runs'),
  })
  .superRefine((schedule, context) => {
    const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    const { cron, every_s: everyS, task } = schedule;
    if ((cron === undefined) === (everyS === undefined))
      refuse(['cron'], 'either cron or every_s must be given, not both');
    for (const field of ['deadline', 'run_at'] as const)
      if (task[field] !== undefined) refuse(['task', field], 'would be the same instant for every run');
    if (task.durability === 'journal')
      refuse(['task', 'durability'], 'the schedule itself is what is kept: its tasks go through no gateway');
  });
export type ScheduleSpec = z.infer<typeof ScheduleSpec>;
export type ScheduleSpecInput = z.input<typeof ScheduleSpec>;

export const SCHEDULE_STATES = ['active', 'paused', 'ended'] as const;

/** A schedule as people see it. Times are Unix milliseconds. */
export const Schedule = z.object({
  schedule_id: ScheduleId,
  status: z.enum(SCHEDULE_STATES),
  spec: ScheduleSpec,
  created_at_ms: z.number(),
  created_by: z.string(),
  /** Only while it is active. */
  next_run_at_ms: z.number().optional(),
  last_run_at_ms: z.number().optional(),
  last_task_id: TaskId.optional(),
  /** Tasks submitted. */
  runs: z.int().min(0),
  /** Runs left out because the task of the last one had not ended. */
  skipped: z.int().min(0),
  /** Times that passed without a router there, or too late. */
  missed: z.int().min(0),
});
export type Schedule = z.infer<typeof Schedule>;
