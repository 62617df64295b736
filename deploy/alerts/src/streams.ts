import { STREAM_DEPTH_METRICS, STREAM_METRICS } from '@nova-torch/metrics';
import * as q from '@nova-torch/metrics/promql';
import { type AlertRule, given, type RuleGroup } from './rule.ts';

// Every replica exports the same figures of a stream: the largest counts, whoever tells it.
const BY = ['service', 'stream', 'group'] as const;

const queue = { service: 'task-router', stream: '{nova.torch}.tasks.queue', group: 'task-router' };
const router1 = { ...queue, instance: 't1' };

const backlog: AlertRule = {
  alert: 'NovaTorchQueueBacklog',
  expr: q.atLeast(q.max(q.series(STREAM_DEPTH_METRICS.lag), BY), 10_000),
  for: '5m',
  severity: 'ticket',
  summary: '{{ $labels.group }} falls behind on {{ $labels.stream }}',
  description: '{{ $value | humanize }} messages or more wait to be taken (counted up to 10,000).',
  dashboard: 'streams',
  reason:
    'A router carried 4,100 tasks a second on two cores: 10,000 waiting messages are a few seconds of work, unless more comes in than is done. Five minutes tell the difference.',
  fires: [
    {
      given: [given(STREAM_DEPTH_METRICS.lag, router1, '10000x20')],
      at: '8m',
      labels: queue,
      summary: 'task-router falls behind on {nova.torch}.tasks.queue',
      description: '10k messages or more wait to be taken (counted up to 10,000).',
    },
  ],
  quiet: [{ given: [given(STREAM_DEPTH_METRICS.lag, router1, '10000x3 800x20')], at: '10m' }],
};

const stale: AlertRule = {
  alert: 'NovaTorchQueueStale',
  expr: q.above(q.max(q.series(STREAM_DEPTH_METRICS.oldestWaiting), BY), 10),
  for: '1m',
  severity: 'page',
  summary: '{{ $labels.group }} does not read {{ $labels.stream }}',
  description: 'The oldest message there has waited {{ $value | humanizeDuration }} to be taken; bound 10 s.',
  dashboard: 'streams',
  reason:
    'A killed router is replaced within 2 s (measured 1,006 ms at most of 47), and reading goes on within a second after the broker is back. What waits 10 s, for a minute, is not being read.',
  fires: [
    {
      given: [given(STREAM_DEPTH_METRICS.oldestWaiting, router1, '0+60x10')],
      at: '3m',
      labels: queue,
      summary: 'task-router does not read {nova.torch}.tasks.queue',
      description: 'The oldest message there has waited 3m 0s to be taken; bound 10 s.',
    },
  ],
  quiet: [{ given: [given(STREAM_DEPTH_METRICS.oldestWaiting, router1, '0 12 1x10')], at: '5m' }],
};

const pendingStuck: AlertRule = {
  alert: 'NovaTorchPendingStuck',
  expr: q.above(q.max(q.series(STREAM_DEPTH_METRICS.oldestPending), BY), 120),
  for: '1m',
  severity: 'ticket',
  summary: 'Messages of {{ $labels.stream }} are taken and not settled',
  description:
    'The oldest entry that {{ $labels.group }} took and did not settle was written {{ $value | humanizeDuration }} ago; bound 2 min.',
  dashboard: 'streams',
  reason:
    'What its taker leaves is taken over after 30 s idle, and what is to be tried later waits elsewhere. Two minutes are four such takeovers.',
  fires: [
    {
      given: [given(STREAM_DEPTH_METRICS.oldestPending, router1, '0+60x10')],
      at: '5m',
      labels: queue,
      summary: 'Messages of {nova.torch}.tasks.queue are taken and not settled',
      description:
        'The oldest entry that task-router took and did not settle was written 5m 0s ago; bound 2 min.',
    },
  ],
  quiet: [{ given: [given(STREAM_DEPTH_METRICS.oldestPending, router1, '0 30 60 100 0x10')], at: '8m' }],
};

const noConsumer: AlertRule = {
  alert: 'NovaTorchNoConsumer',
  // A group nobody has written to yet has no consumer either.
  expr: q.and(
    q.equal(q.max(q.series(STREAM_DEPTH_METRICS.consumers), BY), 0),
    q.above(q.max(q.series(STREAM_DEPTH_METRICS.lag), BY), 0),
  ),
  for: '1m',
  severity: 'page',
  summary: 'Nobody reads {{ $labels.stream }} for {{ $labels.group }}',
  description:
    'Messages wait, and the group {{ $labels.group }} has {{ $value }} consumers whose lease runs.',
  dashboard: 'streams',
  reason:
    'A consumer that starts again takes its lease at once, a standby within 2 s. A group without one for a minute has lost its readers while its service still answers.',
  fires: [
    {
      given: [
        given(STREAM_DEPTH_METRICS.consumers, router1, '1 0x10'),
        given(STREAM_DEPTH_METRICS.lag, router1, '7x10'),
      ],
      at: '3m',
      labels: queue,
      summary: 'Nobody reads {nova.torch}.tasks.queue for task-router',
      description: 'Messages wait, and the group task-router has 0 consumers whose lease runs.',
    },
  ],
  quiet: [
    {
      given: [
        given(STREAM_DEPTH_METRICS.consumers, router1, '1x10'),
        given(STREAM_DEPTH_METRICS.consumers, { ...queue, instance: 't2' }, '0x10'),
        given(STREAM_DEPTH_METRICS.lag, router1, '7x10'),
      ],
      at: '5m',
    },
    {
      given: [
        given(STREAM_DEPTH_METRICS.consumers, router1, '0x10'),
        given(STREAM_DEPTH_METRICS.lag, router1, '0x10'),
      ],
      at: '5m',
    },
  ],
};

const redelivery: AlertRule = {
  alert: 'NovaTorchRedeliveryStorm',
  expr: q.above(q.sum(q.increase(STREAM_METRICS.redelivered, '5m'), BY), 1_280),
  for: '1m',
  severity: 'ticket',
  summary: 'Messages of {{ $labels.stream }} are delivered again and again',
  description:
    '{{ $value | humanize }} messages were delivered again to {{ $labels.group }} within 5 min; bound 1,280.',
  dashboard: 'streams',
  reason:
    'A message that ends its consumer is a dead letter after five deaths at most, and a consumer holds a batch of at most 256: one such message causes at most 1,280 redeliveries.',
  fires: [
    {
      given: [given(STREAM_METRICS.redelivered, router1, '0+400x20')],
      at: '10m',
      labels: queue,
      summary: 'Messages of {nova.torch}.tasks.queue are delivered again and again',
      description: '2k messages were delivered again to task-router within 5 min; bound 1,280.',
    },
  ],
  quiet: [{ given: [given(STREAM_METRICS.redelivered, router1, '0x4 256x20')], at: '8m' }],
};

const deadLetters: AlertRule = {
  alert: 'NovaTorchDeadLettersGrowing',
  expr: q.above(q.max(q.delta(STREAM_DEPTH_METRICS.deadKept, '15m'), ['service', 'stream']), 10),
  for: '1m',
  severity: 'ticket',
  summary: 'Dead letters of {{ $labels.stream }} grow',
  description: '{{ $value | humanize }} more are kept than 15 min ago; bound 10.',
  dashboard: 'streams',
  reason:
    'The chaos run of half an hour, with 458 faults, left none on account of the platform. A handful are tasks that failed for good; ten in a quarter of an hour have a cause in common.',
  fires: [
    {
      given: [
        given(
          STREAM_DEPTH_METRICS.deadKept,
          { service: 'task-router', instance: 't1', stream: queue.stream },
          '0+2x30',
        ),
      ],
      at: '20m',
      labels: { service: 'task-router', stream: queue.stream },
      summary: 'Dead letters of {nova.torch}.tasks.queue grow',
      description: '30 more are kept than 15 min ago; bound 10.',
    },
  ],
  quiet: [
    {
      given: [
        given(
          STREAM_DEPTH_METRICS.deadKept,
          { service: 'task-router', instance: 't1', stream: queue.stream },
          '500x10 505x20',
        ),
      ],
      at: '20m',
    },
  ],
};

const deadLettersDropped: AlertRule = {
  alert: 'NovaTorchDeadLettersDropped',
  expr: q.above(
    q.sum(q.increase(STREAM_METRICS.deadLettersDropped, '1h', { why: { not: 'age' } }), [
      'service',
      'stream',
    ]),
    0,
  ),
  for: '1m',
  severity: 'ticket',
  summary: 'Dead letters of {{ $labels.stream }} are lost for want of room',
  description: '{{ $value | humanize }} were trimmed within the last hour before their time was over.',
  dashboard: 'streams',
  reason:
    'Dead letters are kept for a time and up to a number. To lose one by its age is the policy; to lose one by number means nobody had a chance to look.',
  fires: [
    {
      given: [
        given(
          STREAM_METRICS.deadLettersDropped,
          { service: 'task-router', stream: queue.stream, why: 'number' },
          '0+1x90',
        ),
      ],
      at: '20m',
      labels: { service: 'task-router', stream: queue.stream },
      summary: 'Dead letters of {nova.torch}.tasks.queue are lost for want of room',
      description: '20 were trimmed within the last hour before their time was over.',
    },
  ],
  quiet: [
    {
      given: [
        given(
          STREAM_METRICS.deadLettersDropped,
          { service: 'task-router', stream: queue.stream, why: 'age' },
          '0+1x90',
        ),
      ],
      at: '20m',
    },
  ],
};

/** Whether messages are read and settled. */
export const streamRules: RuleGroup = {
  name: 'nova-torch-streams',
  rules: [backlog, stale, pendingStuck, noConsumer, redelivery, deadLetters, deadLettersDropped],
};
