import type { ActiveDeps } from '../active/deps.ts';
import { isApplied } from '../store/apply-transitions.ts';
import type { RouterKeys } from '../store/keys.ts';
import { forgetItem } from '../store/write-item.ts';

export interface Retention {
  /** How long an ended task is kept, in ms. */
  readonly forMs: number;
  /** How many ended tasks are kept. */
  readonly tasksMax: number;
}

const STEP = 256;
const STEPS_MAX = 40;

/** Removes ended tasks that are too old or too many, the oldest first, in bounded steps. */
export async function forgetTasks(
  deps: ActiveDeps,
  keys: RouterKeys,
  retention: Retention,
): Promise<{ readonly forgotten: number }> {
  let forgotten = 0;
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const removed = await forgetStep(deps, keys, retention);
    forgotten += removed;
    if (removed < STEP) break;
  }
  deps.metrics.forgotten.inc(forgotten);
  return { forgotten };
}

async function forgetStep(
  { indexes, tasks, ledger, nowMs }: ActiveDeps,
  keys: RouterKeys,
  retention: Retention,
) {
  const tooMany = (await indexes.endedCount()) - retention.tasksMax;
  const oldest = await indexes.endedFirst(STEP);
  const before = nowMs() - retention.forMs;
  const due = oldest.filter(({ score }, i) => i < tooMany || score < before).map(({ taskId }) => taskId);
  if (due.length === 0) return 0;
  // Whoever waits for one of them must be told first.
  const awaited = await indexes.withDependents(due);
  const records = await tasks.records(due.filter((taskId) => !awaited.has(taskId)));
  const verdicts = await ledger.writeItems([...records.values()].map((record) => forgetItem(record, keys)));
  return verdicts.filter(isApplied).length;
}
