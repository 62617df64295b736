import type { JournalStatus } from '@nova-torch/journal';
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

/** Sizes of a journal, read when they are asked for. */
export function registerJournalGauges(
  metrics: Metrics,
  made: JournalMetrics,
  status: () => JournalStatus,
): void {
  metrics.measure(made.bytes, () => status().bytes);
  metrics.measureEach(made.tasks, () => {
    const { open, ended } = status();
    return [
      [{ state: 'open' }, open],
      [{ state: 'ended' }, ended],
    ];
  });
}
