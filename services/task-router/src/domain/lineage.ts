// Tasks that agents submit for a task of theirs: how deep, in what chain, how many.
//
// N1. A task with a parent remembers its root, and its ancestors with their fingerprints (title, type and inputs).
// N2. It is refused when it is too deep, when the same work stands too often among its ancestors, or when its root has
//     too many descendants (I7): agents that call themselves end here.
import type { TaskError, TaskId } from '@nova-torch/protocol';
import type { TaskRecord } from './task-record.ts';

/** Parents above a task at most. */
export const DEPTH_MAX = 16;
/** How often one fingerprint may stand in a chain, the new task included. */
export const SAME_MAX = 3;
/** Tasks below one root at most. */
export const DESCENDANTS_MAX = 10_000;

/** Where a task with a parent comes from. */
export interface Lineage {
  readonly root: TaskId;
  /** From the root to the parent. */
  readonly chain: readonly Ancestor[];
}

export interface Ancestor {
  readonly task_id: TaskId;
  readonly fingerprint: string;
}

/** Where a task comes from, and why it is not taken if so. */
export interface Descent {
  readonly lineage: Lineage;
  readonly error: TaskError | undefined;
}

/** The lineage of a child of this task. `fingerprint` is that of the parent; of an unknown parent only its id is known. */
export function lineageBelow(
  parentId: TaskId,
  parent: Pick<TaskRecord, 'lineage'> | undefined,
  fingerprint: string,
): Lineage {
  const { root = parentId, chain = [] } = parent?.lineage ?? {};
  return { root, chain: [...chain, { task_id: parentId, fingerprint }] };
}

/** What is wrong with one more task of this lineage; undefined if nothing. `descendants` are those its root has already. */
export function judgeLineage(
  { root, chain }: Lineage,
  fingerprint: string,
  descendants: number,
): TaskError | undefined {
  const refuse = (message: string): TaskError => ({ code: 'TASK_LOOP', message });
  const names = chain.map(({ task_id }) => task_id).join(' → ');
  const same = chain.filter((ancestor) => ancestor.fingerprint === fingerprint).length;
  if (same >= SAME_MAX) {
    return refuse(`the same work is asked for ${same + 1} times in one chain: ${names} → this task`);
  }
  if (chain.length > DEPTH_MAX) {
    return refuse(`it has ${chain.length} parents above it, the limit is ${DEPTH_MAX}: ${names} → this task`);
  }
  if (descendants >= DESCENDANTS_MAX) {
    return refuse(
      `${root} has ${descendants} tasks below it, the limit is ${DESCENDANTS_MAX}: ${names} → this task`,
    );
  }
  return undefined;
}
