// What the end of a task makes of those it judged, and of those that judge it.
import { isTerminal, type TaskId } from '@nova-torch/protocol';
import type { Draft } from '../domain/draft.ts';
import { isAwaited, settleJudgement, withdraw } from '../domain/judging.ts';
import type { TaskRecord } from '../domain/task-record.ts';
import { type ActiveDeps, momentOf } from './deps.ts';

/** Whether a task is to be told of the end of another because one of them judges the other. */
export const isAboutJudging = ({ live }: TaskRecord, ended: string): boolean =>
  live.judged_by === ended || live.judges?.task_id === ended;

/** Decides on tasks for which `isAboutJudging` holds; nothing is decided where nothing is to be done any more. */
export async function decideJudgements(
  ended: TaskId,
  concerned: readonly TaskRecord[],
  deps: Pick<ActiveDeps, 'tasks' | 'nowMs' | 'random'>,
): Promise<Draft[]> {
  if (concerned.length === 0) return [];
  const other = await deps.tasks.full(ended, false);
  const drafts: Draft[] = [];
  for (const record of concerned) {
    const { task_id: taskId, live, state } = record;
    if (live.judges?.task_id === ended) {
      if (isTerminal(state) || isAwaited(taskId, other?.record)) continue;
      drafts.push(withdraw(record, other?.record, deps.nowMs()));
    } else if (other !== undefined && isTerminal(other.record.state) && isAwaited(ended, record)) {
      const claim = await deps.tasks.claim(taskId);
      drafts.push(settleJudgement(record, claim, other, momentOf(deps)));
    }
  }
  return drafts;
}
