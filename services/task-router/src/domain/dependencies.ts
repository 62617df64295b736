import { isTerminal, type TaskError, type TaskId, type TaskSpec, type TaskState } from '@nova-torch/protocol';
import { unblock } from './attempts.ts';
import { type Draft, openDraft, ROUTER } from './draft.ts';
import { endWithout } from './endings.ts';
import { runAtMsOf, type TaskRecord } from './task-record.ts';

/** States of the tasks another one depends on; a task without a record is missing from it. */
export type DependencyStates = ReadonlyMap<TaskId, TaskState>;

export type DependencyVerdict =
  | { readonly kind: 'unknown'; readonly taskId: TaskId }
  | { readonly kind: 'broken'; readonly error: TaskError }
  | { readonly kind: 'pending'; readonly taskIds: readonly TaskId[] }
  | { readonly kind: 'met' };

/** What the dependencies say. One that ended otherwise outweighs all that are still going. */
export function judgeDependencies(spec: TaskSpec, states: DependencyStates): DependencyVerdict {
  const pending: TaskId[] = [];
  let unknown: TaskId | undefined;
  for (const taskId of spec.dependencies) {
    const state = states.get(taskId);
    if (state === undefined) unknown ??= taskId;
    else if (state === 'completed') continue;
    else if (isTerminal(state)) return { kind: 'broken', error: brokenBy(taskId, state) };
    else pending.push(taskId);
  }
  if (unknown !== undefined) return { kind: 'unknown', taskId: unknown };
  return pending.length === 0 ? { kind: 'met' } : { kind: 'pending', taskIds: pending };
}

const brokenBy = (taskId: TaskId, state: TaskState): TaskError => ({
  code: 'DEPENDENCY_FAILED',
  message: `the task it depends on, ${taskId}, ended as ${state}`,
});

/**
 * What a change of its dependencies makes of a blocked task; undefined when it goes on waiting. A dependency whose
 * record is gone was completed: it existed when the task was accepted, and had it ended otherwise the task would
 * have failed then.
 */
export function resolveDependencies(
  record: TaskRecord,
  states: DependencyStates,
  nowMs: number,
): Draft | undefined {
  if (record.state !== 'blocked') return undefined;
  const known: DependencyStates = new Map(
    record.spec.dependencies.map((taskId) => [taskId, states.get(taskId) ?? 'completed']),
  );
  const verdict = judgeDependencies(record.spec, known);
  const draft = openDraft(record);
  if (verdict.kind === 'broken') {
    return endWithout(draft, 'failed', verdict.error, { atMs: nowMs, actor: ROUTER });
  }
  return verdict.kind === 'met' ? unblock(draft, runAtMsOf(record.spec), nowMs) : undefined;
}
