import type { Metrics } from '@nova-torch/service-kit';

/** What the journal of a gateway counts. */
export function createJournalMetrics(metrics: Metrics) {
  return {
    records: metrics.counter({
      name: 'gateway_journal_records_total',
      help: 'Records that reached the disk.',
    }),
    commits: metrics.histogram({
      name: 'gateway_journal_commit_seconds',
      help: 'One write of a group of records with its sync.',
      buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1],
    }),
    refused: metrics.counter({
      name: 'gateway_journal_refused_total',
      help: 'Writes the journal could not take, by kind (task, end).',
      labelNames: ['kind'],
    }),
    damaged: metrics.counter({
      name: 'gateway_journal_damaged_bytes_total',
      help: 'Bytes that were no record when the journal was opened, by kind (cut, damaged).',
      labelNames: ['kind'],
    }),
    losses: metrics.counter({
      name: 'gateway_broker_losses_total',
      help: 'How often the broker came back without data or with older data, by kind (lost, older).',
      labelNames: ['kind'],
    }),
    sentAgain: metrics.counter({
      name: 'gateway_journal_sent_again_total',
      help: 'Tasks sent again from the journal, by kind (submitted, restored).',
      labelNames: ['kind'],
    }),
  };
}
export type JournalMetrics = ReturnType<typeof createJournalMetrics>;

/** Sizes of a journal, read when they are asked for. */
export function registerJournalGauges(
  metrics: Metrics,
  status: () => { bytes: number; open: number; ended: number },
): void {
  metrics.gauge({
    name: 'gateway_journal_bytes',
    help: 'Size of the journal on the disk.',
    collect() {
      this.set(status().bytes);
    },
  });
  metrics.gauge({
    name: 'gateway_journal_tasks',
    help: 'Tasks in the journal, by state (open, ended).',
    labelNames: ['state'],
    collect() {
      const { open, ended } = status();
      this.set({ state: 'open' }, open);
      this.set({ state: 'ended' }, ended);
    },
  });
}
