import { BROKER_METRICS, JOURNAL_METRICS } from '@nova-torch/metrics';
import * as q from '@nova-torch/metrics/promql';
import { type AlertRule, given, type RuleGroup } from './rule.ts';

const g1 = { service: 'gateway', instance: 'g1' };
const t1 = { service: 'task-router', instance: 't1' };
const broker = { service: 'broker' } as const;

// Every process tells the same figures of the server.
const used = q.max(q.series(BROKER_METRICS.memoryUsed));
const bound = q.above(q.max(q.series(BROKER_METRICS.memoryMax)), 0);

const GIB = 1024 ** 3;
const memory = (usedBytes: number, maxBytes: number) => [
  given(BROKER_METRICS.memoryUsed, g1, `${usedBytes}x20`),
  given(BROKER_METRICS.memoryMax, g1, `${maxBytes}x20`),
];

function memoryRule(
  rule: Pick<AlertRule, 'alert' | 'for' | 'severity' | 'reason'>,
  share: number,
): AlertRule {
  const description = (value: string) =>
    `${value} of the memory it may use are used; bound ${share * 100} %.`;
  return {
    ...rule,
    expr: q.above(q.divide(used, bound), share),
    labels: broker,
    summary: 'The memory of the broker runs out',
    description: description('{{ $value | humanizePercentage }}'),
    dashboard: 'broker',
    fires: [
      {
        given: memory((share + 0.01) * 100 * GIB, 100 * GIB),
        at: '8m',
        labels: broker,
        summary: 'The memory of the broker runs out',
        description: description(`${Math.round(share * 100) + 1}%`),
      },
    ],
    quiet: [
      { given: memory((share - 0.01) * 100 * GIB, 100 * GIB), at: '8m' },
      { given: memory(100 * GIB, 0), at: '8m' },
    ],
  };
}

const memoryHigh = memoryRule(
  {
    alert: 'NovaTorchBrokerMemoryHigh',
    for: '5m',
    severity: 'ticket',
    reason:
      'A broker that is full refuses writes (`noeviction`), and nothing is accepted any more. A fifth left is time to act in working hours.',
  },
  0.8,
);

const memoryFull = memoryRule(
  {
    alert: 'NovaTorchBrokerMemoryFull',
    for: '1m',
    severity: 'page',
    reason:
      'A broker that is full refuses writes (`noeviction`), and nothing is accepted any more. A twentieth left is minutes away from it under load.',
  },
  0.95,
);

const memoryUnbounded: AlertRule = {
  alert: 'NovaTorchBrokerMemoryUnbounded',
  expr: q.equal(q.max(q.series(BROKER_METRICS.memoryMax)), 0),
  for: '10m',
  severity: 'info',
  labels: broker,
  summary: 'Nothing bounds the memory of the broker',
  description:
    'Its maxmemory is {{ $value }}: when it takes all there is, the system ends it, and what it had not saved is lost.',
  dashboard: 'broker',
  reason:
    'Without a bound no alert can say that memory runs out. On a developer’s machine that is how it should be, hence only info.',
  fires: [
    {
      given: memory(GIB, 0),
      at: '15m',
      labels: broker,
      summary: 'Nothing bounds the memory of the broker',
      description:
        'Its maxmemory is 0: when it takes all there is, the system ends it, and what it had not saved is lost.',
    },
  ],
  quiet: [{ given: memory(GIB, 4 * GIB), at: '15m' }],
};

const snapshotOld: AlertRule = {
  alert: 'NovaTorchBrokerSnapshotOld',
  expr: q.above(q.max(q.series(BROKER_METRICS.snapshotAge)), 7_200),
  for: '5m',
  severity: 'ticket',
  labels: broker,
  summary: 'The broker has not saved its data for long',
  description:
    'It last did {{ $value | humanizeDuration }} ago; bound 2 h. If it is killed, what came since is lost.',
  dashboard: 'broker',
  reason:
    'Redis saves after an hour at the latest as it comes, Dragonfly once a minute as we start it, and heartbeats change data all the time. Two hours are two missed saves. What is lost is what was submitted with `memory`, messages and registrations; the journal keeps the tasks.',
  fires: [
    {
      given: [given(BROKER_METRICS.snapshotAge, g1, '10800x20')],
      at: '8m',
      labels: broker,
      summary: 'The broker has not saved its data for long',
      description: 'It last did 3h 0m 0s ago; bound 2 h. If it is killed, what came since is lost.',
    },
  ],
  quiet: [{ given: [given(BROKER_METRICS.snapshotAge, g1, '3600x20')], at: '8m' }],
};

const persistenceFailed: AlertRule = {
  alert: 'NovaTorchBrokerPersistenceFailed',
  expr: q.equal(q.min(q.series(BROKER_METRICS.persistenceOk)), 0),
  for: '1m',
  severity: 'page',
  labels: broker,
  summary: 'The broker cannot save its data',
  description:
    'Its last save, or write of its append-only file, failed (broker_persistence_ok is {{ $value }}).',
  dashboard: 'broker',
  reason:
    'Redis refuses writes after a failed save, and every minute adds to what a crash would lose. It is the disk as a rule.',
  fires: [
    {
      given: [given(BROKER_METRICS.persistenceOk, g1, '1 0x10')],
      at: '3m',
      labels: broker,
      summary: 'The broker cannot save its data',
      description: 'Its last save, or write of its append-only file, failed (broker_persistence_ok is 0).',
    },
  ],
  quiet: [{ given: [given(BROKER_METRICS.persistenceOk, g1, '1x10')], at: '5m' }],
};

const connectionLost: AlertRule = {
  alert: 'NovaTorchBrokerConnectionLost',
  expr: q.equal(q.min(q.series(BROKER_METRICS.connected), ['service']), 0),
  for: '30s',
  severity: 'page',
  summary: '{{ $labels.service }} has no connection to the broker',
  description:
    'An instance of {{ $labels.service }} lost the broker and does not get it back (broker_connected is {{ $value }}).',
  dashboard: 'broker',
  reason:
    'Reconnecting is tried at least every 200 ms, and work goes on within a second of the broker being back. Thirty seconds are two scrapes.',
  fires: [
    {
      given: [given(BROKER_METRICS.connected, g1, '1 0x10'), given(BROKER_METRICS.connected, t1, '1x11')],
      at: '3m',
      labels: { service: 'gateway' },
      summary: 'gateway has no connection to the broker',
      description: 'An instance of gateway lost the broker and does not get it back (broker_connected is 0).',
    },
  ],
  quiet: [{ given: [given(BROKER_METRICS.connected, g1, '1x10')], at: '5m' }],
};

const flapping: AlertRule = {
  alert: 'NovaTorchBrokerConnectionFlapping',
  expr: q.above(q.max(q.increase(BROKER_METRICS.reconnects, '10m'), ['service']), 5),
  for: '0s',
  severity: 'ticket',
  summary: '{{ $labels.service }} keeps losing the broker',
  description: 'A connection was lost and came back {{ $value | humanize }} times within 10 min; bound 5.',
  dashboard: 'broker',
  reason:
    'A restart of the broker is one. 10,037 forced disconnects lost nothing: it is slow, not unsafe. Five in ten minutes are a network, a proxy or a broker that is ended again and again.',
  fires: [
    {
      given: [given(BROKER_METRICS.reconnects, g1, '0+1x20')],
      at: '15m',
      labels: { service: 'gateway' },
      summary: 'gateway keeps losing the broker',
      description: 'A connection was lost and came back 10 times within 10 min; bound 5.',
    },
  ],
  quiet: [{ given: [given(BROKER_METRICS.reconnects, g1, '0x5 2x20')], at: '12m' }],
};

const cameBackEmpty: AlertRule = {
  alert: 'NovaTorchBrokerDataLost',
  expr: q.or(
    q.above(q.max(q.increase(BROKER_METRICS.identityChanges, '15m')), 0),
    q.above(q.max(q.increase(JOURNAL_METRICS.losses, '15m')), 0),
  ),
  for: '0s',
  severity: 'page',
  labels: broker,
  summary: 'The broker came back without data it had',
  description:
    'Seen {{ printf "%.0f" $value }} times within 15 min. The journals send their tasks again; what was in the broker only is lost.',
  dashboard: 'broker',
  reason:
    'It is never expected. 2,000 of 2,000 tasks with `journal` came back in the measured case, and none of those with `memory`: somebody has to say so to whoever sent them.',
  fires: [
    {
      given: [given(BROKER_METRICS.identityChanges, g1, '0x5 1x20')],
      at: '8m',
      labels: broker,
      summary: 'The broker came back without data it had',
      description:
        'Seen 1 times within 15 min. The journals send their tasks again; what was in the broker only is lost.',
    },
    {
      given: [
        given(BROKER_METRICS.identityChanges, g1, '0x25'),
        given(JOURNAL_METRICS.losses, { ...g1, kind: 'older' }, '0x5 1x20'),
      ],
      at: '8m',
      labels: broker,
      summary: 'The broker came back without data it had',
      description:
        'Seen 1 times within 15 min. The journals send their tasks again; what was in the broker only is lost.',
    },
  ],
  quiet: [
    {
      given: [
        given(BROKER_METRICS.identityChanges, g1, '1x20'),
        given(JOURNAL_METRICS.losses, { ...g1, kind: 'lost' }, '0x20'),
      ],
      at: '8m',
    },
  ],
};

const clockSkew: AlertRule = {
  alert: 'NovaTorchClockSkew',
  expr: q.above(q.magnitude(q.series(BROKER_METRICS.clockOffset)), 0.5),
  for: '2m',
  severity: 'ticket',
  summary: 'The clock of {{ $labels.service }} at {{ $labels.instance }} differs from the broker’s',
  description: 'They are {{ $value | humanizeDuration }} apart; bound 500 ms.',
  dashboard: 'broker',
  reason:
    'Leases and deadlines go by the broker’s clock. The shortest lease, that of the router, is 1 s: half of it is the most by which a guess of that clock may be wrong.',
  fires: [
    {
      given: [given(BROKER_METRICS.clockOffset, g1, '-2x10')],
      at: '4m',
      labels: g1,
      summary: 'The clock of gateway at g1 differs from the broker’s',
      description: 'They are 2s apart; bound 500 ms.',
    },
  ],
  quiet: [{ given: [given(BROKER_METRICS.clockOffset, g1, '-0.02x10')], at: '5m' }],
};

/** Whether the broker is there, and keeps what it is given. */
export const brokerRules: RuleGroup = {
  name: 'nova-torch-broker',
  rules: [
    memoryHigh,
    memoryFull,
    memoryUnbounded,
    snapshotOld,
    persistenceFailed,
    connectionLost,
    flapping,
    cameBackEmpty,
    clockSkew,
  ],
};
