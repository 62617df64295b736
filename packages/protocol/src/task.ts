import { z } from 'zod';
import { TaskEvidence } from './criteria/evidence.ts';
import { AgentId, TaskId } from './ids.ts';
import { Durability, TaskSpec } from './task-spec.ts';
import { TaskState } from './task-state.ts';

export const TaskError = z.object({
  code: z
    .string()
    .max(100)
    .describe(
      'AGENT_REPORTED, AGENT_LOST, TIMEOUT, PROGRESS_TIMEOUT, TASK_LOOP, CRITERIA_NOT_MET, REVIEW_REJECTED, ' +
        'NOT_VERIFIED, DEPENDENCY_FAILED, …',
    ),
  message: z.string(),
});
export type TaskError = z.infer<typeof TaskError>;

export const TaskProgress = z.object({
  percent: z.number().min(0).max(100).optional(),
  step: z.string().max(200).optional(),
  message: z.string().max(2_000).optional(),
  at_ms: z.number(),
});
export type TaskProgress = z.infer<typeof TaskProgress>;

/** One transition as it is kept in the task's history, oldest first. */
export const TaskHistoryEntry = z.object({
  seq: z.int().positive(),
  at_ms: z.number(),
  from: z.union([TaskState, z.literal('none')]),
  to: TaskState,
  actor: z.string(),
  epoch: z.number(),
  reason: z.string(),
  agent_id: AgentId.optional(),
});
export type TaskHistoryEntry = z.infer<typeof TaskHistoryEntry>;

/** A task as people see it. `epoch` and `attempt` are 0 before the first assignment. Times are Unix milliseconds. */
export const TaskView = z.object({
  task_id: TaskId,
  status: TaskState,
  spec: TaskSpec,
  durability: Durability.optional(),
  submitter: z.string(),
  epoch: z.number(),
  /** Attempts begun; a reassignment because the agent was lost counts as one. */
  attempt: z.int().min(0),
  agent_id: AgentId.optional(),
  result: z.unknown().optional(),
  error: TaskError.optional(),
  /** By what its success criteria were met, or not, at the last claim of completion; only of a task that has some. */
  evidence: TaskEvidence.optional(),
  progress: TaskProgress.optional(),
  /** The last progress reports, oldest first; long texts are cut. */
  progress_log: z.array(TaskProgress).optional(),
  /** When it will be done if it goes on as it went so far; only while it runs and told a percentage. */
  eta_ms: z.number().optional(),
  /** Why it still waits, in a sentence; only while it is blocked, scheduled, ready or verifying. */
  waiting_for: z.string().optional(),
  /** The task at the top of its chain of parent tasks, and how far below it this one is; absent without a parent. */
  root_task: TaskId.optional(),
  depth: z.int().positive().optional(),
  submitted_at_ms: z.number(),
  started_at_ms: z.number().optional(),
  ended_at_ms: z.number().optional(),
  trace_id: z.string().optional(),
});
export type TaskView = z.infer<typeof TaskView>;

export const TaskSummary = TaskView.pick({
  task_id: true,
  status: true,
  agent_id: true,
  attempt: true,
  submitted_at_ms: true,
  started_at_ms: true,
  ended_at_ms: true,
}).extend({
  title: z.string(),
  role: z.string().optional(),
  priority: z.string(),
  labels: z.record(z.string(), z.string()),
});
export type TaskSummary = z.infer<typeof TaskSummary>;
