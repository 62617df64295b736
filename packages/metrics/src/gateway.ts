import { counter, gauge, histogram } from './definition.ts';

const COMMIT_BUCKETS_S = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1];

/** The door. */
export const GATEWAY_METRICS = {
  openWaits: gauge('gateway_open_waits', 'Requests waiting for a change of a task now.'),
  openPulls: gauge('gateway_open_pulls', 'Agents waiting for their inbox now.'),
  tasksAccepted: counter(
    'gateway_tasks_accepted_total',
    'Tasks accepted, by route (single, batch, workflow).',
    ['route'],
  ),
  idempotentRepeats: counter(
    'gateway_idempotent_repeats_total',
    'Requests with an idempotency key that was used before, by outcome (repeated, conflict).',
    ['outcome'],
  ),
  problems: counter(
    'gateway_problems_total',
    'Answers that were refusals or errors, by the code they gave.',
    ['code'],
  ),
  refused: counter(
    'gateway_overloaded_total',
    'Requests refused over a limit, by limit (requests, rate, queue, waits, pulls).',
    ['limit'],
  ),
  shed: counter(
    'gateway_shed_total',
    'Submissions refused because too many wait for the task-router, by priority.',
    ['priority'],
  ),
  inboxMessages: counter(
    'gateway_inbox_messages_total',
    'Inbox entries, by outcome (given, undelivered, unreadable, expired).',
    ['outcome'],
  ),
  sessionCloses: counter(
    'gateway_session_closes_total',
    'Pulls whose connection closed before the answer, by outcome (sent, returned, burst).',
    ['outcome'],
  ),
  wakeUp: histogram(
    'gateway_wait_wake_up_seconds',
    'From the end of a task, by the clock of the broker, to the answer of a request that waited for it.',
  ),
  feedGaps: counter(
    'gateway_feed_gaps_total',
    'How often a feed was trimmed before the gateway read it, by feed.',
    ['feed'],
  ),
} as const;

/** The journal beside a gateway, and what it knows of the broker's losses. */
export const JOURNAL_METRICS = {
  bytes: gauge('gateway_journal_bytes', 'Size of the journal on the disk.'),
  tasks: gauge('gateway_journal_tasks', 'Tasks in the journal, by state (open, ended).', ['state']),
  oldestOpen: gauge(
    'gateway_journal_oldest_open_seconds',
    'Age of the oldest task in the journal that has not ended; 0 if there is none.',
  ),
  waiting: gauge('gateway_journal_waiting_records', 'Records that wait for the disk.'),
  records: counter('gateway_journal_records_total', 'Records that reached the disk.'),
  commits: histogram(
    'gateway_journal_commit_seconds',
    'One write of a group of records with its sync.',
    [],
    COMMIT_BUCKETS_S,
  ),
  refused: counter(
    'gateway_journal_refused_total',
    'Writes the journal could not take, by kind (task, end).',
    ['kind'],
  ),
  damaged: counter(
    'gateway_journal_damaged_bytes_total',
    'Bytes that were no record when the journal was opened, by kind (cut, damaged).',
    ['kind'],
  ),
  losses: counter(
    'gateway_broker_losses_total',
    'How often the broker came back without data or with older data, by kind (lost, older).',
    ['kind'],
  ),
  sentAgain: counter(
    'gateway_journal_sent_again_total',
    'Tasks sent again from the journal, by kind (submitted, restored).',
    ['kind'],
  ),
} as const;
