/** Every counter of this package: its help text and its labels. */
export const streamCounters = {
  stream_messages_total: {
    help: 'Messages settled, by outcome (ack, retry, dead_letter).',
    labels: ['stream', 'group', 'outcome'],
  },
  stream_dead_letters_total: {
    help: 'Messages written to the dead letters, by reason.',
    labels: ['stream', 'group', 'reason'],
  },
  stream_dead_letters_dropped_total: {
    help: 'Dead letters trimmed away: beyond their age, their number, or the limit of a stream.',
    labels: ['stream', 'why'],
  },
  stream_redelivered_total: {
    help: 'Messages delivered again because an earlier delivery was never settled.',
    labels: ['stream', 'group'],
  },
  stream_lost_pending_total: {
    help: 'Pending entries whose body was already deleted when they were delivered again.',
    labels: ['stream', 'group'],
  },
  stream_settle_failures_total: {
    help: 'Attempts to settle a batch that the broker did not accept.',
    labels: ['group'],
  },
} as const satisfies Record<string, { help: string; labels: readonly string[] }>;

/** Every histogram of this package: its help text, its labels and its buckets. */
export const streamHistograms = {
  stream_handler_duration_seconds: {
    help: 'How long a handler took, by message type (a batch handler counts as type batch).',
    labels: ['stream', 'group', 'type'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  stream_batch_size: {
    help: 'Entries returned by one read.',
    labels: ['stream', 'group'],
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
  },
  stream_settle_duration_seconds: {
    help: 'How long settling one batch took, retries included.',
    labels: ['group'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  },
} as const satisfies Record<string, { help: string; labels: readonly string[]; buckets: readonly number[] }>;

export type StreamCounterName = keyof typeof streamCounters;
export type StreamHistogramName = keyof typeof streamHistograms;

/** Where this package counts; service-kit builds it from the two tables above. */
export interface StreamMetrics {
  increment(name: StreamCounterName, labels: Record<string, string>, by: number): void;
  observe(name: StreamHistogramName, labels: Record<string, string>, value: number): void;
}

/** Counts nothing. */
export const noMetrics: StreamMetrics = { increment() {}, observe() {} };
