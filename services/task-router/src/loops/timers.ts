import { type ActiveDeps, momentOf } from '../active/deps.ts';
import type { Entry } from '../active/ledger.ts';
import { indexesOf, NOWHERE } from '../domain/indexes.ts';
import { nextDue, passTime } from '../domain/timers.ts';
import { isApplied, type WriteItem } from '../store/apply-transitions.ts';
import type { RouterKeys } from '../store/keys.ts';
import { clearItem, repairItem } from '../store/write-item.ts';
import type { RunResult } from './wakeable-loop.ts';

/** Timers handled in one step. */
const STEP = 256;

/** Fires the timers that are due, in steps, and tells when the next one is. */
export async function fireTimers(
  deps: ActiveDeps,
  keys: RouterKeys,
): Promise<RunResult & { readonly fired: number }> {
  const { indexes, tasks, ledger, metrics } = deps;
  const due = await indexes.due(deps.nowMs(), STEP);
  if (due.length === 0) return { fired: 0, nextAtMs: await indexes.nextDue() };
  const records = await tasks.records(due.map(({ taskId }) => taskId));
  const entries: Entry[] = [];
  const repairs: WriteItem[] = [];
  for (const { taskId, score } of due) {
    const record = records.get(taskId);
    if (record === undefined) {
      repairs.push(clearItem(taskId, { ...NOWHERE, dueMs: score }, keys));
      continue;
    }
    const draft = passTime(record, momentOf(deps));
    if (draft !== undefined) entries.push({ draft });
    else if (nextDue(record) !== score)
      repairs.push(repairItem(record, { ...indexesOf(record), dueMs: score }, keys));
  }
  const verdicts = await ledger.write(entries);
  const fired = verdicts.filter(isApplied).length;
  metrics.timersFired.inc(fired);
  if (repairs.length > 0) {
    await ledger.writeItems(repairs);
    metrics.repairs.inc({ what: 'timer' }, repairs.length);
  }
  return { fired, nextAtMs: due.length < STEP ? await indexes.nextDue() : deps.nowMs() };
}
