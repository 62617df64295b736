import type { Journal } from '@nova-torch/journal';
import { JOURNAL_METRICS } from '@nova-torch/metrics';
import { type MadeMetrics, type Metrics, startAtZero } from '@nova-torch/service-kit';

export type JournalMetrics = MadeMetrics<typeof JOURNAL_METRICS>;

/** Makes what the journal of a gateway counts. Once per process. */
export function createJournalMetrics(metrics: Metrics): JournalMetrics {
  const made = metrics.make(JOURNAL_METRICS);
  startAtZero(made.refused, [{ kind: 'task' }, { kind: 'end' }]);
  startAtZero(made.damaged, [{ kind: 'cut' }, { kind: 'damaged' }]);
  startAtZero(made.losses, [{ kind: 'lost' }, { kind: 'older' }]);
  startAtZero(made.sentAgain, [{ kind: 'submitted' }, { kind: 'restored' }]);
  return made;
}

/** Sizes of the journal, read when they are asked for; all 0 for a gateway without one. */
export function registerJournalGauges(
  metrics: Metrics,
  made: JournalMetrics,
  journal: Pick<Journal, 'status' | 'waiting' | 'oldestOpenMs'> | undefined,
  nowMs: () => number,
): void {
  metrics.measure(made.bytes, () => journal?.status().bytes ?? 0);
  metrics.measure(made.waiting, () => journal?.waiting ?? 0);
  metrics.measure(made.oldestOpen, () => {
    const sinceMs = journal?.oldestOpenMs();
    return sinceMs === undefined ? 0 : Math.max(0, nowMs() - sinceMs) / 1000;
  });
  metrics.measureEach(made.tasks, () => {
    const { open, ended } = journal?.status() ?? { open: 0, ended: 0 };
    return [
      [{ state: 'open' }, open],
      [{ state: 'ended' }, ended],
    ];
  });
}
