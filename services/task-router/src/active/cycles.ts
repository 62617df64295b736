// Tasks that would wait for one another. A task can only close such a ring when somebody awaits its id already.
import { dependencyIds, type TaskId, type TaskSpec } from '@nova-torch/protocol';
import type { ActiveDeps } from './deps.ts';

/** How a task would wait for itself, from itself to itself. */
export type Cycles = ReadonlyMap<TaskId, readonly TaskId[]>;

/** Blocked tasks looked at for one submission; a longer ring is not found, and its tasks expire. */
export const WALK_TASKS_MAX = 1_000;

interface Submitted {
  readonly task_id: TaskId;
  readonly spec: TaskSpec;
}

/** Those of new tasks that would wait for themselves. Costs nothing for tasks without dependencies. */
export async function cyclesOf(
  submitted: readonly Submitted[],
  deps: Pick<ActiveDeps, 'indexes' | 'tasks'>,
): Promise<Cycles> {
  const cycles = new Map<TaskId, readonly TaskId[]>();
  const dependent = submitted.filter(({ spec }) => spec.dependencies.length > 0);
  if (dependent.length === 0) return cycles;
  const awaited = await deps.indexes.withDependents(dependent.map(({ task_id }) => task_id));
  for (const task of dependent) {
    const isOwn = dependencyIds(task.spec).includes(task.task_id);
    if (!isOwn && !awaited.has(task.task_id)) continue;
    const cycle = await walk(task, deps);
    if (cycle !== undefined) cycles.set(task.task_id, cycle);
  }
  return cycles;
}

/** Follows the dependencies of blocked tasks, level by level, until the task itself is met. */
async function walk(
  { task_id: wanted, spec }: Submitted,
  { tasks }: Pick<ActiveDeps, 'tasks'>,
): Promise<readonly TaskId[] | undefined> {
  const cameFrom = new Map<TaskId, TaskId>();
  let level: TaskId[] = [];
  const reach = (from: TaskId, to: readonly TaskId[]): boolean => {
    for (const taskId of to) {
      if (cameFrom.has(taskId)) continue;
      cameFrom.set(taskId, from);
      if (taskId === wanted) return true;
      level.push(taskId);
    }
    return false;
  };
  if (reach(wanted, dependencyIds(spec))) return [wanted, wanted];
  while (level.length > 0 && cameFrom.size <= WALK_TASKS_MAX) {
    const records = await tasks.records(level);
    level = [];
    for (const { task_id, state, spec: next } of records.values()) {
      if (state === 'blocked' && reach(task_id, dependencyIds(next))) return pathTo(wanted, cameFrom);
    }
  }
  return undefined;
}

function pathTo(wanted: TaskId, cameFrom: ReadonlyMap<TaskId, TaskId>): TaskId[] {
  const path = [wanted];
  for (let at = cameFrom.get(wanted); at !== undefined && at !== wanted; at = cameFrom.get(at))
    path.unshift(at);
  return [wanted, ...path];
}
