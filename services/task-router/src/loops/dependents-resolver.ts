// Tells the tasks that wait for an ended one. The settling script noted the ended task in the `resolve` set, so this
// goes on after a crash wherever it stood; every step may be repeated.
import { dependencyIds, isTerminal, type TaskId } from '@nova-torch/protocol';
import type { Broker } from '@nova-torch/streams';
import type { ActiveDeps } from '../active/deps.ts';
import { resolveDependencies } from '../domain/dependencies.ts';
import { isApplied } from '../store/apply-transitions.ts';
import type { RouterKeys } from '../store/keys.ts';
import { releaseDependents } from '../store/release-dependents.ts';
import type { RunResult } from './wakeable-loop.ts';

/** Ended tasks seen to in one run, and dependents of one in one step. */
const TASKS_STEP = 32;
const DEPENDENTS_STEP = 256;

/** Releases or fails the dependents of ended tasks; runs again at once while any are left. */
export async function resolveDependents(
  deps: ActiveDeps,
  broker: Broker,
  keys: RouterKeys,
): Promise<RunResult & { readonly released: number }> {
  const ended = await deps.indexes.unresolved(TASKS_STEP);
  let released = 0;
  let left = ended.length >= TASKS_STEP;
  for (const taskId of ended) {
    const dependents = await deps.indexes.dependents(taskId, DEPENDENTS_STEP);
    const { seenTo, written } = await tell(taskId, dependents, deps);
    released += written;
    const done = await releaseDependents(broker, keys, deps.ledger.term, taskId, seenTo);
    left ||= !done;
  }
  return { released, nextAtMs: left ? deps.nowMs() : undefined };
}

async function tell(
  endedTask: TaskId,
  dependents: readonly TaskId[],
  deps: ActiveDeps,
): Promise<{ readonly seenTo: TaskId[]; readonly written: number }> {
  const records = await deps.tasks.records(dependents);
  const dependencies = [endedTask, ...[...records.values()].flatMap(({ spec }) => dependencyIds(spec))];
  const states = await deps.tasks.states([...new Set(dependencies)]);
  // It was given another try meanwhile: whoever waits for it goes on waiting.
  const ended = states.get(endedTask);
  if (ended !== undefined && !isTerminal(ended)) return { seenTo: [], written: 0 };
  const drafts = [...records.values()].flatMap(
    (record) => resolveDependencies(record, states, deps.nowMs(), endedTask) ?? [],
  );
  const verdicts = await deps.ledger.write(drafts.map((draft) => ({ draft })));
  const changed = new Set(
    drafts.filter((_, i) => !isApplied(verdicts[i])).map(({ record }) => record.task_id),
  );
  const written = drafts.length - changed.size;
  deps.metrics.dependentsReleased.inc(written);
  // One that changed meanwhile is looked at again.
  return { seenTo: dependents.filter((taskId) => !changed.has(taskId)), written };
}
