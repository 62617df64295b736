// Tasks that name one another by key, put in an order in which each stands behind what it depends on. Nothing here recurses:
// a chain may be as long as there may be tasks.
import { type OnFailure, WORKFLOW_EDGES_MAX } from '@nova-torch/protocol';

/** An edge to another task of the workflow. */
export interface GraphEdge {
  readonly key: string;
  readonly on_failure: OnFailure;
}

export interface GraphTask {
  readonly key: string;
  readonly depends_on: readonly GraphEdge[];
}

export interface GraphProblem {
  /** `tasks/3/depends_on/0` */
  readonly field: string;
  readonly detail: string;
}

export type OrderedGraph =
  | {
      readonly ok: true;
      /** Positions of the tasks, dependencies first; else as they were given. */
      readonly order: readonly number[];
      /** Tasks of the longest chain. */
      readonly depth: number;
    }
  | { readonly ok: false; readonly problem: GraphProblem };

/** Keys named in a cycle; a longer one is cut in the middle. */
const CYCLE_KEYS_SHOWN = 20;

/** Orders the tasks, or tells the first thing that is wrong with them. */
export function orderGraph(tasks: readonly GraphTask[]): OrderedGraph {
  const positions = new Map<string, number>();
  for (const [index, { key }] of tasks.entries()) {
    const first = positions.get(key);
    if (first !== undefined)
      return wrong(`tasks/${index}/key`, `${key} is the key of tasks/${first} already`);
    positions.set(key, index);
  }
  const problem = wrongEdge(tasks, positions);
  if (problem !== undefined) return { ok: false, problem };
  return sort(tasks, positions);
}

const wrong = (field: string, detail: string): OrderedGraph => ({ ok: false, problem: { field, detail } });

function wrongEdge(
  tasks: readonly GraphTask[],
  positions: ReadonlyMap<string, number>,
): GraphProblem | undefined {
  let edges = 0;
  for (const [index, task] of tasks.entries()) {
    const modes = new Map<string, OnFailure>();
    for (const [place, { key, on_failure }] of task.depends_on.entries()) {
      const field = `tasks/${index}/depends_on/${place}`;
      edges += 1;
      if (edges > WORKFLOW_EDGES_MAX)
        return { field, detail: `more than ${WORKFLOW_EDGES_MAX} edges in all` };
      if (key === task.key) return { field, detail: `${key} depends on itself` };
      if (!positions.has(key)) return { field, detail: `there is no task ${key}${nearMiss(key, positions)}` };
      if ((modes.get(key) ?? on_failure) !== on_failure) {
        return { field, detail: `${key} is named before, with another mode` };
      }
      modes.set(key, on_failure);
    }
  }
  return undefined;
}

function sort(tasks: readonly GraphTask[], positions: ReadonlyMap<string, number>): OrderedGraph {
  const needed = tasks.map(({ depends_on }) => [
    ...new Set(depends_on.flatMap(({ key }) => positions.get(key) ?? [])),
  ]);
  const dependents: number[][] = tasks.map(() => []);
  for (const [index, all] of needed.entries()) for (const one of all) dependents[one]?.push(index);
  const open = needed.map((all) => all.length);
  const levels = tasks.map(() => 1);
  const order = open.flatMap((count, index) => (count === 0 ? [index] : []));
  for (let next = 0; next < order.length; next += 1) {
    const index = order[next] ?? 0;
    for (const dependent of dependents[index] ?? []) {
      levels[dependent] = Math.max(levels[dependent] ?? 1, (levels[index] ?? 1) + 1);
      open[dependent] = (open[dependent] ?? 0) - 1;
      if (open[dependent] === 0) order.push(dependent);
    }
  }
  if (order.length < tasks.length) return cycleAmong(tasks, needed, open);
  return { ok: true, order, depth: Math.max(...levels) };
}

/** Every task that is left depends on another one that is left: following these leads round. */
function cycleAmong(
  tasks: readonly GraphTask[],
  needed: readonly (readonly number[])[],
  open: readonly number[],
): OrderedGraph {
  const isLeft = (index: number): boolean => (open[index] ?? 0) > 0;
  const path: number[] = [];
  const seenAt = new Map<number, number>();
  let at = open.findIndex((count) => count > 0);
  while (!seenAt.has(at)) {
    seenAt.set(at, path.length);
    path.push(at);
    at = needed[at]?.find(isLeft) ?? at;
  }
  const cycle = path.slice(seenAt.get(at));
  const keys = [...cycle, at].map((index) => tasks[index]?.key ?? '');
  const [first = 0, second = first] = cycle;
  const place = tasks[first]?.depends_on.findIndex(({ key }) => key === tasks[second]?.key) ?? 0;
  return wrong(`tasks/${first}/depends_on/${place}`, `a cycle: ${shortened(keys).join(' -> ')}`);
}

function shortened(keys: readonly string[]): readonly string[] {
  if (keys.length <= CYCLE_KEYS_SHOWN) return keys;
  const half = CYCLE_KEYS_SHOWN / 2;
  return [
    ...keys.slice(0, half),
    `(${keys.length - CYCLE_KEYS_SHOWN} more)`,
    ...keys.slice(keys.length - half),
  ];
}

/** Changes that make a key a near miss of another. */
const NEAR_CHANGES_MAX = 2;

function nearMiss(key: string, positions: ReadonlyMap<string, number>): string {
  let nearest: string | undefined;
  let least = NEAR_CHANGES_MAX + 1;
  for (const other of positions.keys()) {
    if (Math.abs(other.length - key.length) >= least) continue;
    const changes = changesBetween(key.toLowerCase(), other.toLowerCase());
    if (changes < least) [nearest, least] = [other, changes];
  }
  return nearest === undefined ? '' : `; did you mean ${nearest}?`;
}

/** Letters put in, left out or replaced between two words (Levenshtein). */
function changesBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
