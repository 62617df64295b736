import { z } from 'zod';
import * as bounds from './bounds.ts';
import { SuccessCriteria } from './criteria/success-criteria.ts';
import { Priority } from './envelope.ts';
import { AgentId, TaskId } from './ids.ts';
import { RoleName, SkillName } from './names.ts';
import { contradictingDependency, TaskDependency } from './task-dependency.ts';

export const Labels = z
  .record(z.string().min(1).max(64), z.string().max(256))
  .refine((labels) => Object.keys(labels).length <= bounds.LABELS_MAX, `at most ${bounds.LABELS_MAX} labels`);
/** Labels of agents, for a task that wants or avoids them. They become part of the name of its line: text must be whole. */
const AffinityLabels = Labels.refine((labels) => {
  const count = Object.keys(labels).length;
  return count >= 1 && count <= bounds.AFFINITY_LABELS_MAX;
}, `1 to ${bounds.AFFINITY_LABELS_MAX} labels`).refine(
  (labels) => Object.entries(labels).every(([name, value]) => name.isWellFormed() && value.isWellFormed()),
  'must be well-formed Unicode',
);

/** Agents the task belongs to, by their labels. */
export const Affinity = z.strictObject({
  labels: AffinityLabels,
  required: z
    .boolean()
    .default(false)
    .describe('Only agents with all the labels may do it; otherwise they are preferred'),
});
export type Affinity = z.infer<typeof Affinity>;

/** Agents the task must be kept away from, by their labels. */
export const AntiAffinity = z.strictObject({
  labels: AffinityLabels.describe('An agent with any of them does not get it'),
});
export type AntiAffinity = z.infer<typeof AntiAffinity>;

/** What a task is spread over. */
export const SPREAD_OVER = ['agent', 'host'] as const;
/** Other tasks the task is kept apart from: those with the same value of one of its own labels. */
export const Spread = z.strictObject({
  label: z.string().min(1).max(64).describe('Name of one of its labels: tasks with the same value are meant'),
  over: z.enum(SPREAD_OVER).default('agent').describe('Not two on one agent, or not two on one host'),
  required: z
    .boolean()
    .default(false)
    .describe('It waits rather than run beside such a task; otherwise only if another agent is free'),
});
export type Spread = z.infer<typeof Spread>;

export const PoolName = z.literal('default').describe('The fleet the task belongs to');

/** What a task is called in its workflow. */
export const WorkflowKey = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, 'letters, digits, . _ and -, at most 100');
export const WorkflowId = z.string().min(1).max(200);

/** Delay before attempt n (n counts the failed ones): min(max_s, initial_s * factor^(n-1)), with ±20 % of jitter. */
export const RetryBackoff = z.strictObject({
  initial_s: z.number().min(0).max(3600).default(1),
  factor: z.number().min(1).max(10).default(2),
  max_s: z.number().min(0).max(86_400).default(60),
});
export type RetryBackoff = z.infer<typeof RetryBackoff>;

/**
 * How safe an accepted task is. `journal`: it is also on the disk of the gateway that took it, and comes back when the
 * broker loses its data. `memory`: as far as the broker keeps what it was told.
 */
export const DURABILITIES = ['journal', 'memory'] as const;
export const Durability = z.enum(DURABILITIES);
export type Durability = z.infer<typeof Durability>;

const TaskSpecFields = z.strictObject({
  title: z.string().min(1).max(200),
  description: z.string().max(100_000).default(''),
  task_type: z.string().min(1).max(100).default('task'),
  role: RoleName.optional().describe('Only agents of this role may do it'),
  required_skills: z.array(SkillName).max(bounds.SKILLS_MAX).default([]).describe('All of them are required'),
  preferred_skills: z.array(SkillName).max(bounds.SKILLS_MAX).default([]),
  preferred_agent: AgentId.optional(),
  affinity: Affinity.optional().describe('Agents it belongs to, by their labels'),
  anti_affinity: AntiAffinity.optional().describe('Agents it must be kept away from, by their labels'),
  excluded_agent: AgentId.optional().describe('This agent never gets it, whoever else may be missing'),
  spread: Spread.optional().describe(
    'Tasks it is kept apart from, by a label of its own; judged when it is given to an agent',
  ),
  priority: Priority.default('normal'),
  pool: PoolName.default('default'),
  workflow_id: WorkflowId.optional(),
  workflow_key: WorkflowKey.optional().describe('What it is called in its workflow'),
  workflow_title: z.string().min(1).max(200).optional().describe('What its workflow is called'),
  dependencies: z
    .array(TaskDependency)
    .max(bounds.DEPENDENCIES_MAX)
    .superRefine((dependencies, context) => {
      const index = contradictingDependency(dependencies);
      if (index === undefined) return;
      context.addIssue({ code: 'custom', path: [index], message: 'named before, with another mode' });
    })
    .default([])
    .describe('Tasks that must be completed first; their results are handed to this one'),
  parent_task: TaskId.optional(),
  context: z.record(z.string(), z.unknown()).default({}),
  inputs: z.record(z.string(), z.unknown()).default({}),
  success_criteria: SuccessCriteria.default({}),
  deadline: z.iso.datetime({ offset: true }).optional().describe('Not completed by then: expired'),
  ttl: z.number().positive().max(bounds.TTL_MAX_S).default(bounds.TTL_DEFAULT_S).describe('Seconds to live'),
  timeout: z
    .number()
    .positive()
    .max(bounds.TIMEOUT_MAX_S)
    .default(bounds.TIMEOUT_DEFAULT_S)
    .describe('Seconds one attempt may run'),
  start_timeout: z
    .number()
    .positive()
    .max(bounds.START_TIMEOUT_MAX_S)
    .optional()
    .describe('Seconds an assigned task may wait for its start; unset: the task-router’s own period'),
  progress_timeout: z
    .number()
    .positive()
    .max(bounds.TIMEOUT_MAX_S)
    .optional()
    .describe(
      'Seconds an attempt may run without a report of progress, each of which extends it; unset: not watched',
    ),
  run_at: z.iso
    .datetime({ offset: true })
    .optional()
    .describe('Not given to an agent before; `ttl` counts from the submission all the same'),
  max_retries: z.int().min(0).max(bounds.RETRIES_MAX).default(bounds.RETRIES_DEFAULT),
  retry_backoff: RetryBackoff.default({ initial_s: 1, factor: 2, max_s: 60 }),
  labels: Labels.default({}),
  durability: Durability.optional().describe(
    '`journal`: written to the gateway’s disk before the answer; `memory`: as far as the broker keeps it. ' +
      'Over HTTP `journal` unless said otherwise',
  ),
});

/**
 * What a submitter asks for. Times are seconds; `deadline` and `run_at` are ISO 8601 instants. What contradicts itself is
 * refused with the field named; what needs a clock to be judged, the gateway judges.
 */
export const TaskSpec = TaskSpecFields.superRefine((spec, context) => {
  const { progress_timeout: silence, timeout, run_at: runAt, deadline, spread, labels } = spec;
  if (spread !== undefined && !Object.hasOwn(labels, spread.label)) {
    const message = `the task has no label ${JSON.stringify(spread.label)} to be spread by: add it to labels`;
    context.addIssue({ code: 'custom', path: ['spread', 'label'], message });
  }
  if (silence !== undefined && silence > timeout) {
    const message = `longer than the timeout of ${timeout} s: it could never be reached`;
    context.addIssue({ code: 'custom', path: ['progress_timeout'], message });
  }
  if (runAt !== undefined && deadline !== undefined && Date.parse(deadline) <= Date.parse(runAt)) {
    context.addIssue({ code: 'custom', path: ['deadline'], message: `not after run_at (${runAt})` });
  }
});
export type TaskSpec = z.infer<typeof TaskSpec>;
/** A TaskSpec as a person writes it: everything with a default may be left out. */
export type TaskSpecInput = z.input<typeof TaskSpec>;

/** What a TaskSpec is where nothing was said; shared, so never to be changed. */
const DEFAULTS: Readonly<Record<string, unknown>> = (({ title: _, ...rest }) => rest)(
  TaskSpec.parse({ title: 'x' }),
);

/** Whether a value is the default of its field. */
function isDefault(name: string, value: unknown): boolean {
  const usual = DEFAULTS[name];
  if (value === undefined || value === usual) return true;
  if (typeof value !== 'object' || typeof usual !== 'object' || value === null || usual === null)
    return false;
  const entries = Object.entries(value);
  return (
    entries.length === Object.keys(usual).length &&
    entries.every(([key, own]) => own === (usual as Record<string, unknown>)[key])
  );
}

/** A TaskSpec without what it would have anyway: how it is kept and sent. `TaskSpec.parse` and `wholeSpec` undo it. */
export function briefSpec(spec: TaskSpec): TaskSpecInput {
  const brief: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(spec)) if (!isDefault(name, value)) brief[name] = value;
  return brief as TaskSpecInput;
}

/** The TaskSpec that was made brief; nothing is checked, so only for what this platform wrote itself. */
export const wholeSpec = (brief: TaskSpecInput): TaskSpec => ({ ...DEFAULTS, ...brief }) as TaskSpec;
