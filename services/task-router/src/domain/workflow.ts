// Tasks that are accepted together.
//
// W1. All tasks of a workflow are written blocked, each behind what it depends on. Those that depend on none of the others
//     wait, besides, for the workflow to be written whole. Nothing of it can begin before.
// W2. One write, when the last task has its record, lets these go. Whatever happens before it, the same message written
//     again completes the workflow.
import { type ErrorCode, edgesOf, type TaskId, type TaskSpec } from '@nova-torch/protocol';
import { expiresAtMs } from './admit.ts';
import { awaitedBy, type DependencyStates, endedAmong, judgeDependencies } from './dependencies.ts';
import { type Draft, move, newDraft } from './draft.ts';
import type { Descent } from './lineage.ts';

export interface WorkflowSubmission {
  readonly workflow_id: string;
  /** Each behind all it depends on. */
  readonly tasks: readonly { readonly task_id: TaskId; readonly spec: TaskSpec }[];
  /** Of those with a parent, by task. */
  readonly lineages: ReadonlyMap<TaskId, Descent>;
  readonly submitter: string;
  readonly traceparent: string;
  /** When the broker took it. */
  readonly submitted_at_ms: number;
}

export interface WorkflowRefusal {
  readonly code: ErrorCode;
  readonly detail: string;
  /** Of the message. */
  readonly field: string;
}

export interface WorkflowEntry {
  readonly draft: Draft;
  readonly blockedBy: readonly string[];
}

/** What the first tasks of a workflow wait for. No task has such an id. */
export const holdOf = (workflowId: string): string => `workflow:${workflowId}`;

/**
 * Why a workflow cannot be accepted: a task depends on one outside of it that does not exist, or is part of a loop. `states`
 * are those outside.
 */
export function refuseWorkflow(
  { tasks, lineages }: Pick<WorkflowSubmission, 'tasks' | 'lineages'>,
  states: DependencyStates,
): WorkflowRefusal | undefined {
  const own = new Map(tasks.map(({ task_id }) => [task_id, 'blocked' as const]));
  const known: DependencyStates = new Map([...states, ...own]);
  for (const [index, task] of tasks.entries()) {
    const loop = lineages.get(task.task_id)?.error;
    if (loop !== undefined)
      return { code: 'TASK_LOOP', detail: loop.message, field: `tasks/${index}/parent_task` };
    const verdict = judgeDependencies(task, known);
    if (verdict.kind !== 'unknown') continue;
    const position = edgesOf(task.spec).findIndex(({ task_id }) => task_id === verdict.taskId);
    return {
      code: 'DEPENDENCY_UNKNOWN',
      detail: `there is no task ${verdict.taskId}, which ${task.spec.workflow_key ?? task.task_id} depends on`,
      field: `tasks/${index}/dependencies/${position}`,
    };
  }
  return undefined;
}

/** The tasks as they are written (W1). `states` are those of the tasks outside that they depend on. */
export function admitWorkflow(
  submission: WorkflowSubmission,
  states: DependencyStates,
  nowMs: number,
): WorkflowEntry[] {
  const { workflow_id: workflowId, tasks, lineages, submitter, traceparent, submitted_at_ms } = submission;
  const own = new Set(tasks.map(({ task_id }) => task_id));
  const hold = holdOf(workflowId);
  return tasks.map(({ task_id, spec }) => {
    const ids = edgesOf(spec).map((edge) => edge.task_id);
    const inner = ids.filter((taskId) => own.has(taskId));
    const draft = newDraft({
      ...{ task_id, spec, submitter, submitted_at_ms, traceparent },
      lineage: lineages.get(task_id)?.lineage,
      live: { attempt: 0, returns: 0, expires_at_ms: expiresAtMs(spec, submitted_at_ms) },
    });
    const ended = endedAmong(awaitedBy(draft.record), states);
    const blocked = move(draft, 'blocked', {
      atMs: nowMs,
      actor: submitter,
      reason: `submitted with the workflow ${workflowId}`,
      live: {
        ...(inner.length === 0 && { held_for: hold }),
        ...(ended.length > 0 && { awaited_ended: ended }),
      },
    });
    // Those outside that ended are judged when it is let go, or when the last one it waits for has ended.
    const outside = ids.filter((taskId) => !own.has(taskId) && !hasEnded(taskId, states));
    return { draft: blocked, blockedBy: [...inner, ...outside, ...(inner.length === 0 ? [hold] : [])] };
  });
}

const hasEnded = (taskId: TaskId, states: DependencyStates): boolean =>
  endedAmong([taskId], states).length > 0;
