import type { Draft } from '../domain/draft.ts';
import type { ActiveDeps } from './deps.ts';

/** Notes how long the work took of a task that ended by what was written; the time others judged it is not its agent's. */
export function observeEnd(
  { record }: Draft,
  { metrics, durations }: Pick<ActiveDeps, 'metrics' | 'durations'>,
): void {
  const { ended_at_ms: endedAtMs, claimed_at_ms: claimedAtMs, started_at_ms: startedAtMs } = record.live;
  if (endedAtMs === undefined) return;
  const untilMs = claimedAtMs ?? endedAtMs;
  const seconds = (untilMs - (startedAtMs ?? untilMs)) / 1000;
  metrics.runDuration.observe({ end: record.state }, seconds);
  if (record.state === 'completed') durations.note(record.spec.task_type, seconds);
}
