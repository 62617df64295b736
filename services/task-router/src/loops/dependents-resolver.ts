// Tells the tasks that wait for an ended one: that depend on it, or whose claim it judged; and the one that judges its
// claim, which has become useless. The settling script noted the ended task in the `resolve` set, so this
// goes on after a crash wherever it stood; every step may be repeated.
import { dependencyIds, isTerminal, type TaskId } from '@nova-torch/protocol';
import type { Broker } from '@nova-torch/streams';
import type { ActiveDeps } from '../active/deps.ts';
import { decideJudgements, isAboutJudging } from '../active/judgements.ts';
import { observeEnd } from '../active/observe-end.ts';
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
  const records = [...(await deps.tasks.records(dependents)).values()];
  const judging = records.filter((record) => isAboutJudging(record, endedTask));
  const waiting = records.filter((record) => !judging.includes(record));
  const dependencies = [endedTask, ...waiting.flatMap(({ spec }) => dependencyIds(spec))];
  const states = await deps.tasks.states([...new Set(dependencies)]);
  const ended = states.get(endedTask);
  // It was given another try meanwhile: whoever waits for it goes on waiting.
  const isOpenAgain = ended !== undefined && !isTerminal(ended);
  const drafts = [
    ...(await decideJudgements(endedTask, judging, deps)),
    ...(isOpenAgain ? [] : waiting).flatMap(
      (record) => resolveDependencies(record, states, deps.nowMs(), endedTask) ?? [],
    ),
  ];
  const verdicts = await deps.ledger.write(drafts.map((draft) => ({ draft })));
  for (const [i, draft] of drafts.entries())
    if (draft.before?.state === 'verifying' && isApplied(verdicts[i])) observeEnd(draft, deps);
  const changed = new Set(
    drafts.filter((_, i) => !isApplied(verdicts[i])).map(({ record }) => record.task_id),
  );
  const written = drafts.length - changed.size;
  deps.metrics.dependentsReleased.inc(written);
  // One that changed meanwhile is looked at again.
  const seenTo = isOpenAgain ? [] : dependents.filter((taskId) => !changed.has(taskId));
  return { seenTo, written };
}
