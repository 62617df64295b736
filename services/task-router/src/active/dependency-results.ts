import { PAYLOAD_BYTES_MAX, type TaskId } from '@nova-torch/protocol';
import type { TaskRecord } from '../domain/task-record.ts';
import type { TaskReader } from '../store/read-tasks.ts';

/** Characters of results that travel in one assignment; what does not fit is named with its size instead. */
export const RESULTS_CHARS_MAX = PAYLOAD_BYTES_MAX / 2;

/** The results of what each task depends on, by task; tasks without dependencies are left out. */
export async function readDependencyResults(
  tasks: TaskReader,
  records: readonly TaskRecord[],
): Promise<Map<TaskId, Record<string, unknown>>> {
  const waiting = records.filter(({ spec }) => spec.dependencies.length > 0);
  const wanted = [...new Set(waiting.flatMap(({ spec }) => spec.dependencies))];
  const results = await tasks.results(wanted);
  return new Map(
    waiting.map(({ task_id, spec }) => {
      const handed: Record<string, unknown> = {};
      let room = RESULTS_CHARS_MAX;
      for (const dependency of spec.dependencies) {
        const json = results.get(dependency);
        if (json === undefined) continue;
        if (json.length <= room) {
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
