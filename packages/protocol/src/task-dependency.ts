import { z } from 'zod';
import { TaskId } from './ids.ts';

/**
 * What becomes of a task when one it depends on ends without completing. `fail`: it fails too. `skip`: it ends as cancelled
 * without having run. `run`: it runs all the same, and is told of the failure.
 */
export const ON_FAILURE = ['fail', 'skip', 'run'] as const;
export const OnFailure = z.enum(ON_FAILURE);
export type OnFailure = z.infer<typeof OnFailure>;

/** What becomes of a task when there is no task of that id: it is refused, or waits until one is submitted under it. */
export const IF_UNKNOWN = ['refuse', 'await'] as const;

/** One task another depends on, and how. */
export const DependencyEdge = z.strictObject({
  task_id: TaskId,
  on_failure: OnFailure.default('fail').describe(
    'When that task ends without completing: `fail` with it, end as cancelled (`skip`), or `run` all the same',
  ),
  if_unknown: z
    .enum(IF_UNKNOWN)
    .default('refuse')
    .describe('When there is no such task: `refuse` this one, or `await` its submission'),
});
export type DependencyEdge = z.infer<typeof DependencyEdge>;

const EXPECTED = 'must look like task-0-<32 hex digits>, or be an object with such a task_id';

/** An edge as it is written: the id alone stands for `fail` and `refuse`. */
export const TaskDependency = z.union([TaskId, DependencyEdge], {
  error: ({ input, errors }) =>
    typeof input === 'object' && input !== null ? wrongMember(errors) : EXPECTED,
});
export type TaskDependency = z.infer<typeof TaskDependency>;

/** What is wrong with an object: the other branch of the union only says that it is no string. */
function wrongMember(branches: unknown): string {
  const issues = (branches as z.core.$ZodIssue[][] | undefined)?.[1] ?? [];
  const told = issues.map(({ path, message }) => [...path.map(String), message].join(': '));
  return told.length === 0 ? EXPECTED : told.join('; ');
}

/** The dependencies of a task, as it was submitted. */
interface HasDependencies {
  readonly dependencies: readonly TaskDependency[];
}

const NONE: readonly never[] = [];

/** The edge that is written in either form. */
export const edgeOf = (dependency: TaskDependency): DependencyEdge =>
  typeof dependency === 'string'
    ? { task_id: dependency, on_failure: 'fail', if_unknown: 'refuse' }
    : dependency;

/** What a task depends on, each once, in the order of their first mention. */
export function edgesOf({ dependencies }: HasDependencies): readonly DependencyEdge[] {
  if (dependencies.length === 0) return NONE;
  const edges = new Map<TaskId, DependencyEdge>();
  for (const dependency of dependencies) {
    const edge = edgeOf(dependency);
    if (!edges.has(edge.task_id)) edges.set(edge.task_id, edge);
  }
  return [...edges.values()];
}

/** The ids of what a task depends on, each once. */
export function dependencyIds({ dependencies }: HasDependencies): readonly TaskId[] {
  if (dependencies.length === 0) return NONE;
  return [...new Set(dependencies.map((one) => (typeof one === 'string' ? one : one.task_id)))];
}

/** The position of a dependency that is named before with another mode; undefined when there is none. */
export function contradictingDependency(dependencies: readonly TaskDependency[]): number | undefined {
  if (dependencies.length < 2) return undefined;
  const modes = new Map<TaskId, string>();
  for (const [index, dependency] of dependencies.entries()) {
    const { task_id, on_failure, if_unknown } = edgeOf(dependency);
    const mode = `${on_failure} ${if_unknown}`;
    if ((modes.get(task_id) ?? mode) !== mode) return index;
    modes.set(task_id, mode);
  }
  return undefined;
}
