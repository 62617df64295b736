import { counter, gauge, histogram } from './definition.ts';

const HANDLER_BUCKETS_S = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];
const SETTLE_BUCKETS_S = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/** What consumers, reclaimers and the like count. Streams of one agent each are counted together, under `*`. */
export const STREAM_METRICS = {
  messages: counter('stream_messages_total', 'Messages settled, by outcome (ack, retry, dead_letter).', [
    'stream',
    'group',
    'outcome',
  ]),
  deadLetters: counter('stream_dead_letters_total', 'Messages written to the dead letters, by reason.', [
    'stream',
    'group',
    'reason',
  ]),
  deadLettersDropped: counter(
    'stream_dead_letters_dropped_total',
    'Dead letters trimmed away: beyond their age, their number, or the limit of a stream.',
    ['stream', 'why'],
  ),
  redelivered: counter(
    'stream_redelivered_total',
    'Messages delivered again because an earlier delivery was never settled.',
    ['stream', 'group'],
  ),
  lostPending: counter(
    'stream_lost_pending_total',
    'Pending entries whose body was already deleted when they were delivered again.',
    ['stream', 'group'],
  ),
  settleFailures: counter(
    'stream_settle_failures_total',
    'Attempts to settle a batch that the broker did not accept.',
    ['group'],
  ),
  handlerDuration: histogram(
    'stream_handler_duration_seconds',
    'How long a handler took, by message type (a batch handler counts as type batch).',
    ['stream', 'group', 'type'],
    HANDLER_BUCKETS_S,
  ),
  batchSize: histogram(
    'stream_batch_size',
    'Entries returned by one read.',
    ['stream', 'group'],
    BATCH_BUCKETS,
  ),
  settleDuration: histogram(
    'stream_settle_duration_seconds',
    'How long settling one batch took, retries included.',
    ['group'],
    SETTLE_BUCKETS_S,
  ),
} as const;

/** How much waits in the work streams a service reads, looked up when the metrics are read. */
export const STREAM_DEPTH_METRICS = {
  entries: gauge('stream_entries', 'Entries kept, with those settled but not trimmed yet.', ['stream']),
  lag: gauge(
    'stream_lag_entries',
    'Entries the group was not given yet, counted from its place in the stream; 10,000 stands for that many or more.',
    ['stream', 'group'],
  ),
  oldestWaiting: gauge(
    'stream_oldest_waiting_seconds',
    'Age of the oldest entry the group was not given yet; 0 if there is none.',
    ['stream', 'group'],
  ),
  pending: gauge('stream_pending_entries', 'Entries the group has taken and not settled yet.', [
    'stream',
    'group',
  ]),
  oldestPending: gauge(
    'stream_oldest_pending_seconds',
    'Age of the oldest entry taken and not settled, since it was written; 0 if there is none.',
    ['stream', 'group'],
  ),
  consumers: gauge('stream_consumers', 'Consumers whose lease runs, in the group of the stream.', [
    'stream',
    'group',
  ]),
  delayed: gauge('stream_delayed_entries', 'Messages that come back later.', ['stream']),
  deadKept: gauge('stream_dead_letters_kept', 'Dead letters kept.', ['stream']),
} as const;
