// What is measured of each task, as its decisions are written: how long it took to begin and to end, and how many attempts.

import type { Draft } from '../domain/draft.ts';
import { endOf } from '../domain/hands.ts';
import type { RouterMetrics } from '../metrics.ts';
import type { Entry } from './ledger.ts';

type TaskFigures = Pick<RouterMetrics, 'startDelay' | 'turnaround' | 'attempts'>;

/** Observes what was written by one call. A task that was put back as it had ended is not counted again. */
export function observeWritten(entries: readonly Entry[], figures: TaskFigures): void {
  for (const { draft, isRestored } of entries) {
    if (isRestored) continue;
    const { before, record } = draft;
    const startedMs = before?.state === 'assigned' ? startedMsOf(draft) : undefined;
    if (startedMs !== undefined) {
      figures.startDelay.observe(Math.max(0, startedMs - (before?.live.assigned_at_ms ?? startedMs)) / 1000);
    }
    const end = endOf(draft)?.state;
    if (end === undefined) continue;
    const endedMs = record.live.ended_at_ms ?? record.submitted_at_ms;
    figures.turnaround.observe({ end }, Math.max(0, endedMs - record.submitted_at_ms) / 1000);
    figures.attempts.observe({ end }, record.live.attempt);
  }
}

/** When the attempt began, if it did by now. One whose start and failure came together is remembered as a failure alone. */
function startedMsOf({ record: { live }, steps }: Draft): number | undefined {
  if (live.started_at_ms !== undefined || steps.every(({ to }) => to !== 'running'))
    return live.started_at_ms;
  const failure = live.failures?.at(-1);
  return failure && failure.at_ms - failure.duration_ms;
}
