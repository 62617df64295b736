import { JOURNAL_METRICS } from '@nova-torch/metrics';
import * as q from '@nova-torch/metrics/promql';
import { type AlertRule, given, type RuleGroup } from './rule.ts';

const g1 = { service: 'gateway', instance: 'g1' };
const DAY_S = 86_400;

const oldestOpen: AlertRule = {
  alert: 'NovaTorchJournalTaskStuck',
  expr: q.above(q.series(JOURNAL_METRICS.oldestOpen), 8 * DAY_S),
  for: '15m',
  severity: 'ticket',
  summary: 'The journal of {{ $labels.instance }} keeps a task whose end it never saw',
  description: 'Its oldest open task is {{ $value | humanizeDuration }} old; bound 8 days.',
  dashboard: 'gateway',
  reason:
    'Every task ends within its ttl, 7 days unless it asks for more; a day is added. What is open for longer has ended without the journal, or asked for a longer ttl.',
  fires: [
    {
      given: [given(JOURNAL_METRICS.oldestOpen, g1, '777600x30')],
      at: '20m',
      labels: g1,
      summary: 'The journal of g1 keeps a task whose end it never saw',
      description: 'Its oldest open task is 9d 0h 0m 0s old; bound 8 days.',
    },
  ],
  quiet: [{ given: [given(JOURNAL_METRICS.oldestOpen, g1, '604800x30')], at: '20m' }],
};

const backlog: AlertRule = {
  alert: 'NovaTorchJournalSlow',
  expr: q.above(q.series(JOURNAL_METRICS.waiting), 1_000),
  for: '1m',
  severity: 'page',
  summary: 'The journal of {{ $labels.instance }} waits for its disk',
  description:
    '{{ $value | humanize }} records wait to be written; bound 1,000. Whoever submits waits with them.',
  dashboard: 'gateway',
  reason:
    'All that waits goes to the disk in one group, whose sync was measured at 0.2 ms (p99 0.9 ms). A thousand waiting records, for a minute, mean a disk that hangs.',
  fires: [
    {
      given: [given(JOURNAL_METRICS.waiting, g1, '5000x10')],
      at: '3m',
      labels: g1,
      summary: 'The journal of g1 waits for its disk',
      description: '5k records wait to be written; bound 1,000. Whoever submits waits with them.',
    },
  ],
  quiet: [{ given: [given(JOURNAL_METRICS.waiting, g1, '0 2000 3 0x10')], at: '5m' }],
};

const refusing: AlertRule = {
  alert: 'NovaTorchJournalRefusing',
  expr: q.above(q.increase(JOURNAL_METRICS.refused, '5m'), 0),
  for: '1m',
  severity: 'page',
  summary: 'The journal of {{ $labels.instance }} takes no more ({{ $labels.kind }})',
  description:
    '{{ $value | humanize }} writes of kind {{ $labels.kind }} were refused within 5 min: submissions get JOURNAL_UNAVAILABLE.',
  dashboard: 'gateway',
  reason:
    'A refused write is a task that was not accepted, or an end that is shown and not kept. It does not mend itself: the disk or the journal is full, or the disk is broken.',
  fires: [
    {
      given: [given(JOURNAL_METRICS.refused, { ...g1, kind: 'task' }, '0+4x20')],
      at: '10m',
      labels: { ...g1, kind: 'task' },
      summary: 'The journal of g1 takes no more (task)',
      description: '20 writes of kind task were refused within 5 min: submissions get JOURNAL_UNAVAILABLE.',
    },
  ],
  quiet: [{ given: [given(JOURNAL_METRICS.refused, { ...g1, kind: 'task' }, '7x20')], at: '10m' }],
};

const damaged: AlertRule = {
  alert: 'NovaTorchJournalDamaged',
  expr: q.above(q.series(JOURNAL_METRICS.damaged, { kind: 'damaged' }), 0),
  for: '0s',
  severity: 'ticket',
  summary: 'The journal of {{ $labels.instance }} is damaged',
  description:
    '{{ $value | humanize1024 }}B were no record when it was opened, and not the torn end a crash leaves.',
  dashboard: 'gateway',
  reason:
    'A torn end is what a crash leaves, and is cut. A record in the middle that cannot be read was changed on the disk: one is too many. All others are read.',
  fires: [
    {
      given: [given(JOURNAL_METRICS.damaged, { ...g1, kind: 'damaged' }, '512x10')],
      at: '1m',
      labels: { ...g1, kind: 'damaged' },
      summary: 'The journal of g1 is damaged',
      description: '512B were no record when it was opened, and not the torn end a crash leaves.',
    },
  ],
  quiet: [{ given: [given(JOURNAL_METRICS.damaged, { ...g1, kind: 'cut' }, '512x10')], at: '5m' }],
};

/** Whether what is accepted is safe. */
export const gatewayRules: RuleGroup = {
  name: 'nova-torch-gateway',
  rules: [oldestOpen, backlog, refusing, damaged],
};
