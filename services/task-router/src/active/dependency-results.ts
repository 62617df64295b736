import {
  edgesOf,
  isTerminal,
  PAYLOAD_BYTES_MAX,
  type TaskError,
  type TaskId,
  type TaskState,
} from '@nova-torch/protocol';
import type { TaskRecord } from '../domain/task-record.ts';
import type { TaskReader } from '../store/read-tasks.ts';

/** Characters of results that travel in one assignment; what does not fit is named with its size instead. */
export const RESULTS_CHARS_MAX = PAYLOAD_BYTES_MAX / 2;

/**
 * The results of what each task depends on, by task; tasks without dependencies are left out. Of one that ended without
 * completing, and that the task was to run after all the same, it is told how it ended.
 */
export async function readDependencyResults(
  tasks: TaskReader,
  records: readonly TaskRecord[],
): Promise<Map<TaskId, Record<string, unknown>>> {
  const waiting = records.filter(({ spec }) => spec.dependencies.length > 0);
  const edges = waiting.flatMap(({ spec }) => edgesOf(spec));
  const results = await tasks.results([...new Set(edges.map(({ task_id }) => task_id))]);
  const mayHaveFailed = edges.filter(
    ({ on_failure, task_id }) => on_failure === 'run' && !results.has(task_id),
  );
  const ended = await tasks.records([...new Set(mayHaveFailed.map(({ task_id }) => task_id))]);
  return new Map(
    waiting.map(({ task_id, spec }) => {
      const handed: Record<string, unknown> = {};
      let room = RESULTS_CHARS_MAX;
      for (const { task_id: dependency } of edgesOf(spec)) {
        const json = results.get(dependency);
        if (json === undefined) {
          const failed = failureOf(ended.get(dependency));
          if (failed !== undefined) handed[dependency] = { failed };
        } else if (json.length <= room) {
          handed[dependency] = JSON.parse(json);
          room -= json.length;
        } else {
          handed[dependency] = {
            omitted: `${json.length} characters: read the result of ${dependency} itself`,
          };
        }
      }
      return [task_id, handed];
    }),
  );
}

function failureOf(record: TaskRecord | undefined): { status: TaskState; error?: TaskError } | undefined {
  if (record === undefined || !isTerminal(record.state) || record.state === 'completed') return undefined;
  const { error } = record.live;
  return { status: record.state, ...(error !== undefined && { error }) };
}
