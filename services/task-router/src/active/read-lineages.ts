// The lineages of submissions with a parent; nothing is read for the others.
import { createHash } from 'node:crypto';
import type { TaskId, TaskSpec } from '@nova-torch/protocol';
import { type Descent, judgeLineage, type Lineage, lineageBelow } from '../domain/lineage.ts';
import type { TaskReader } from '../store/read-tasks.ts';

interface Child {
  readonly task_id: TaskId;
  readonly spec: TaskSpec;
}

/** Characters kept of a fingerprint: 66 bits, for at most a few in one chain. */
const FINGERPRINT_CHARS = 11;

/** The descents of those that have a parent, by task. Two round trips if there are any, none otherwise. */
export async function readDescents(
  tasks: TaskReader,
  submissions: readonly Child[],
): Promise<ReadonlyMap<TaskId, Descent>> {
  const descents = new Map<TaskId, Descent>();
  const children = submissions.filter(({ spec }) => spec.parent_task !== undefined);
  if (children.length === 0) return descents;
  const parents = await tasks.records([...new Set(children.flatMap(({ spec }) => spec.parent_task ?? []))]);
  const lineages = new Map<Child, Lineage>();
  for (const child of children) {
    const parentId = child.spec.parent_task;
    if (parentId === undefined) continue;
    const parent = parents.get(parentId);
    const fingerprint = parent === undefined ? '' : fingerprintOf(parent.spec);
    lineages.set(child, lineageBelow(parentId, parent, fingerprint));
  }
  const roots = new Set([...lineages.values()].map(({ root }) => root));
  const below = await tasks.descendants([...roots]);
  for (const [{ task_id: taskId, spec }, lineage] of lineages) {
    const count = below.get(lineage.root) ?? 0;
    const error = judgeLineage(lineage, fingerprintOf(spec), count);
    // Those of one batch count one another before they are written.
    if (error === undefined) below.set(lineage.root, count + 1);
    descents.set(taskId, { lineage, error });
  }
  return descents;
}

/** The same for two tasks that ask for the same work, in whatever order the inputs are named. */
function fingerprintOf({ title, task_type: type, inputs }: TaskSpec): string {
  const sorted = Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1));
  const hash = createHash('sha256').update(JSON.stringify([title, type, sorted]));
  return hash.digest('base64url').slice(0, FINGERPRINT_CHARS);
}
