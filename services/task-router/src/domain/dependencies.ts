// What a task's dependencies make of it.
//
// D1. A dependency that ended without completing does what its edge says. `fail` goes before `skip`, both before waiting.
// D2. A dependency that has no record was completed: it had one when the task was accepted, and had it ended otherwise,
//     its edge would have been followed then. One that is awaited may never have had a record: the task remembers the
//     awaited ones that ended.
// D3. A task of a workflow that is not written whole yet waits, whatever its dependencies say.
import {
  type DependencyEdge,
  dependencyIds,
  edgesOf,
  isTerminal,
  partitionOf,
  type TaskError,
  type TaskId,
  type TaskState,
} from '@nova-torch/protocol';
import { unblock } from './attempts.ts';
import { type Draft, noteWaiting, openDraft, ROUTER } from './draft.ts';
import { endWithout } from './endings.ts';
import { runAtMsOf, type TaskRecord } from './task-record.ts';

/** States of the tasks another one depends on; a task without a record is missing from it. */
export type DependencyStates = ReadonlyMap<TaskId, TaskState>;

export type DependencyVerdict =
  | { readonly kind: 'unknown'; readonly taskId: TaskId }
  | { readonly kind: 'broken'; readonly status: 'failed' | 'cancelled'; readonly error: TaskError }
  | { readonly kind: 'pending'; readonly taskIds: readonly TaskId[] }
  | { readonly kind: 'met' };

/** A task as far as its dependencies matter. */
type Dependent = Pick<TaskRecord, 'task_id' | 'spec'>;

/** What the dependencies say (D1). An awaited one of another partition can never come: it is unknown. */
export function judgeDependencies({ task_id, spec }: Dependent, states: DependencyStates): DependencyVerdict {
  const pending: TaskId[] = [];
  let unknown: TaskId | undefined;
  let skipped: DependencyVerdict | undefined;
  for (const edge of edgesOf(spec)) {
    const { task_id: taskId } = edge;
    const state = states.get(taskId);
    if (state === undefined) {
      const mayCome = edge.if_unknown === 'await' && partitionOf(taskId) === partitionOf(task_id);
      if (mayCome) pending.push(taskId);
      else unknown ??= taskId;
    } else if (!isTerminal(state)) pending.push(taskId);
    else if (state === 'completed' || edge.on_failure === 'run') continue;
    else if (edge.on_failure === 'fail') return brokenBy(edge, state);
    else skipped ??= brokenBy(edge, state);
  }
  if (skipped !== undefined) return skipped;
  if (unknown !== undefined) return { kind: 'unknown', taskId: unknown };
  return pending.length === 0 ? { kind: 'met' } : { kind: 'pending', taskIds: pending };
}

function brokenBy({ task_id, on_failure }: DependencyEdge, state: TaskState): DependencyVerdict {
  const what = `the task it depends on, ${task_id}, ended as ${state}`;
  return on_failure === 'skip'
    ? {
        kind: 'broken',
        status: 'cancelled',
        error: { code: 'DEPENDENCY_SKIPPED', message: `skipped: ${what}` },
      }
    : { kind: 'broken', status: 'failed', error: { code: 'DEPENDENCY_FAILED', message: what } };
}

/** Dependencies that are awaited although no task has their id, and have not ended yet. */
export function awaitedBy({ spec, live }: Pick<TaskRecord, 'spec' | 'live'>): TaskId[] {
  const ended = live.awaited_ended ?? [];
  return edgesOf(spec).flatMap(({ task_id, if_unknown }) =>
    if_unknown === 'await' && !ended.includes(task_id) ? [task_id] : [],
  );
}

/**
 * What the end of `ended`, a dependency or the writing of its whole workflow, makes of a blocked task; undefined when it
 * changes nothing.
 */
export function resolveDependencies(
  record: TaskRecord,
  states: DependencyStates,
  nowMs: number,
  ended?: string,
): Draft | undefined {
  if (record.state !== 'blocked') return undefined;
  const { spec, live } = record;
  const isWhole = live.held_for === undefined || live.held_for === ended;
  if (!isWhole) return undefined;
  const awaited = awaitedBy(record);
  const known: DependencyStates = new Map(
    dependencyIds(spec).flatMap((taskId) => {
      const state = states.get(taskId) ?? (awaited.includes(taskId) ? undefined : 'completed');
      return state === undefined ? [] : [[taskId, state] as const];
    }),
  );
  const verdict = judgeDependencies(record, known);
  const draft = openDraft(record);
  if (verdict.kind === 'broken') {
    return endWithout(draft, verdict.status, verdict.error, { atMs: nowMs, actor: ROUTER });
  }
  if (verdict.kind === 'met') {
    const reason =
      live.held_for === undefined ? 'the last dependency ended' : 'its workflow is written whole';
    return unblock(draft, runAtMsOf(spec), nowMs, reason);
  }
  const arrived = endedAmong(awaited, states);
  if (live.held_for === undefined && arrived.length === 0) return undefined;
  const reason = live.held_for === undefined ? 'one it awaited has ended' : 'its workflow is written whole';
  return noteWaiting(draft, nowMs, `${reason}; waits for its other dependencies`, {
    held_for: undefined,
    ...(arrived.length > 0 && { awaited_ended: [...(live.awaited_ended ?? []), ...arrived] }),
  });
}

/** Those of awaited tasks that have ended. */
export const endedAmong = (awaited: readonly TaskId[], states: DependencyStates): TaskId[] =>
  awaited.filter((taskId) => {
    const state = states.get(taskId);
    return state !== undefined && isTerminal(state);
  });
