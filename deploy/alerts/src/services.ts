import { PROCESS_METRICS, SERVICE_METRICS } from '@nova-torch/metrics';
import * as q from '@nova-torch/metrics/promql';
import { SERVICES } from '@nova-torch/protocol';
import { type AlertRule, given, type RuleGroup } from './rule.ts';

const MIB = 1024 ** 2;

/** The memory limits of deploy/compose, of the processes that are small and of those that are not. */
const MEMORY_LIMITS = [
  { services: 'registry|collaboration', bytes: 512 * MIB },
  { services: 'task-router|spawner|gateway', bytes: 1024 * MIB },
] as const;

const gateway1 = { service: 'gateway', instance: 'g1' };
const allReady = SERVICES.map((service) =>
  given(SERVICE_METRICS.ready, { service, instance: `${service}-1` }, '1x20'),
);

const absent: AlertRule = {
  alert: 'NovaTorchServiceAbsent',
  expr: q.or(...SERVICES.map((service) => q.absent(SERVICE_METRICS.ready, { service }))),
  for: '1m',
  severity: 'page',
  summary: 'No instance of {{ $labels.service }} is there',
  description: 'Prometheus gets no metrics of any {{ $labels.service }}: none runs, or none can be reached.',
  dashboard: 'fleet',
  reason:
    'A service that is restarted is scraped again within two scrapes of 15 s; agents work on without a spawner for 30 s. A minute is longer than both.',
  fires: [
    {
      given: allReady.slice(1),
      at: '2m',
      labels: { service: 'registry' },
      summary: 'No instance of registry is there',
      description: 'Prometheus gets no metrics of any registry: none runs, or none can be reached.',
    },
  ],
  quiet: [{ given: allReady, at: '5m' }],
};

const notReady: AlertRule = {
  alert: 'NovaTorchServiceNotReady',
  expr: q.equal(q.max(q.series(SERVICE_METRICS.ready), ['service']), 0),
  for: '1m',
  severity: 'page',
  summary: 'No instance of {{ $labels.service }} is ready',
  description:
    'Every {{ $labels.service }} that runs says that something is missing; `nova-torch status` says what.',
  dashboard: 'fleet',
  reason:
    'Everything resumes within a second of the broker being back, and a start waits 10 s for the broker. What is not ready after a minute does not become so by itself.',
  fires: [
    {
      given: [
        given(SERVICE_METRICS.ready, { service: 'registry', instance: 'r1' }, '0x10'),
        given(SERVICE_METRICS.ready, { service: 'registry', instance: 'r2' }, '0x10'),
      ],
      at: '3m',
      labels: { service: 'registry' },
      summary: 'No instance of registry is ready',
      description: 'Every registry that runs says that something is missing; `nova-torch status` says what.',
    },
  ],
  quiet: [
    {
      given: [
        given(SERVICE_METRICS.ready, { service: 'registry', instance: 'r1' }, '0x10'),
        given(SERVICE_METRICS.ready, { service: 'registry', instance: 'r2' }, '1x10'),
      ],
      at: '5m',
    },
  ],
};

const down: AlertRule = {
  alert: 'NovaTorchServiceDown',
  expr: q.equal(q.up({ job: 'nova-torch' }), 0),
  for: '1m',
  severity: 'ticket',
  labels: { service: '{{ $labels.component }}' },
  summary: '{{ $labels.component }} at {{ $labels.instance }} does not answer',
  description: 'Prometheus could not read the metrics of {{ $labels.component }} at {{ $labels.instance }}.',
  dashboard: 'fleet',
  reason:
    'One replica less is no outage: NovaTorchServiceAbsent pages when the last one is gone. A minute is four scrapes.',
  fires: [
    {
      given: [{ series: 'up{job="nova-torch",component="gateway",instance="g1"}', values: '1 0x10' }],
      at: '3m',
      labels: { job: 'nova-torch', component: 'gateway', instance: 'g1', service: 'gateway' },
      summary: 'gateway at g1 does not answer',
      description: 'Prometheus could not read the metrics of gateway at g1.',
    },
  ],
  quiet: [
    {
      given: [
        { series: 'up{job="nova-torch",component="gateway",instance="g1"}', values: '1 0 1x10' },
        { series: 'up{job="other",instance="o1"}', values: '0x10' },
      ],
      at: '5m',
    },
  ],
};

const loopBlocked: AlertRule = {
  alert: 'NovaTorchEventLoopBlocked',
  expr: q.above(q.series(PROCESS_METRICS.loopLagP99, { job: 'nova-torch' }), 0.2),
  for: '2m',
  severity: 'ticket',
  summary: 'The event loop of {{ $labels.service }} at {{ $labels.instance }} is blocked',
  description: '1 % of its turns come {{ $value | humanizeDuration }} late or later; bound 200 ms.',
  dashboard: 'fleet',
  reason:
    'The active router renews its lease every 300 ms and loses it after 1 s: a loop that is 200 ms late has used up most of what lies between two renewals. The goals for a task (6 ms at p99) are missed long before.',
  fires: [
    {
      given: [given(PROCESS_METRICS.loopLagP99, { ...gateway1, job: 'nova-torch' }, '0.5x10')],
      at: '4m',
      labels: { ...gateway1, job: 'nova-torch' },
      summary: 'The event loop of gateway at g1 is blocked',
      description: '1 % of its turns come 500ms late or later; bound 200 ms.',
    },
  ],
  quiet: [
    {
      given: [given(PROCESS_METRICS.loopLagP99, { ...gateway1, job: 'nova-torch' }, '0.012 0.9 0.012x10')],
      at: '5m',
    },
  ],
};

const memoryHigh: AlertRule = {
  alert: 'NovaTorchProcessMemoryHigh',
  expr: q.or(
    ...MEMORY_LIMITS.flatMap(({ services, bytes }) => {
      const where = { service: { pattern: services } };
      const resident = q.series(PROCESS_METRICS.resident, where);
      const growing = q.above(q.predicted(PROCESS_METRICS.resident, '1h', 4 * 3_600, where), bytes);
      return [q.above(resident, 0.85 * bytes), q.and(q.above(resident, 0.6 * bytes), growing)];
    }),
  ),
  for: '10m',
  severity: 'ticket',
  summary: '{{ $labels.service }} at {{ $labels.instance }} is near its memory limit',
  description:
    'It holds {{ $value | humanize1024 }}B: over 85 % of its limit, or over 60 % and on its way to all of it within 4 h.',
  dashboard: 'fleet',
  reason:
    'The limits are those of deploy/compose: 512 MiB for registry and collaboration, 1 GiB for the others. The most measured in a router was 499 MiB, with a million tasks waiting.',
  fires: [
    {
      given: [given(PROCESS_METRICS.resident, { service: 'registry', instance: 'r1' }, '480000000x30')],
      at: '15m',
      labels: { service: 'registry', instance: 'r1' },
      summary: 'registry at r1 is near its memory limit',
      description:
        'It holds 457.8MiB: over 85 % of its limit, or over 60 % and on its way to all of it within 4 h.',
    },
    {
      given: [given(PROCESS_METRICS.resident, gateway1, '640000000+3000000x90')],
      at: '30m',
      labels: gateway1,
      summary: 'gateway at g1 is near its memory limit',
      description:
        'It holds 696.2MiB: over 85 % of its limit, or over 60 % and on its way to all of it within 4 h.',
    },
  ],
  quiet: [
    {
      given: [
        given(PROCESS_METRICS.resident, gateway1, '200000000+1000000x90'),
        given(PROCESS_METRICS.resident, { service: 'task-router', instance: 't1' }, '530000000x90'),
      ],
      at: '20m',
    },
  ],
};

const logFlood: AlertRule = {
  alert: 'NovaTorchLogFlood',
  expr: q.above(q.sum(q.increase(SERVICE_METRICS.logLinesSuppressed, '5m'), ['service', 'level']), 0),
  for: '10m',
  severity: 'ticket',
  summary: '{{ $labels.service }} says the same thing too often ({{ $labels.level }})',
  description: '{{ $value | humanize }} lines of level {{ $labels.level }} were left out within 5 min.',
  dashboard: 'fleet',
  reason:
    'A fault makes a burst of lines; suppression is there for it. What still floods after ten minutes is a defect or a fault nobody attends to.',
  fires: [
    {
      given: [given(SERVICE_METRICS.logLinesSuppressed, { ...gateway1, level: 'warn' }, '0+60x30')],
      at: '20m',
      labels: { service: 'gateway', level: 'warn' },
      summary: 'gateway says the same thing too often (warn)',
      description: '300 lines of level warn were left out within 5 min.',
    },
  ],
  quiet: [
    {
      given: [given(SERVICE_METRICS.logLinesSuppressed, { ...gateway1, level: 'warn' }, '0 500x30')],
      at: '12m',
    },
  ],
};

const spansLost: AlertRule = {
  alert: 'NovaTorchSpansLost',
  expr: q.above(
    q.sum(q.increase(SERVICE_METRICS.spans, '15m', { outcome: { not: 'sent' } }), ['service', 'outcome']),
    0,
  ),
  for: '5m',
  severity: 'info',
  summary: 'Spans of {{ $labels.service }} are {{ $labels.outcome }}',
  description: '{{ $value | humanize }} spans were {{ $labels.outcome }} within 15 min: traces have gaps.',
  dashboard: 'fleet',
  reason:
    'Traces explain and carry no work: any loss is worth a line in a list, none is worth waking somebody.',
  fires: [
    {
      given: [given(SERVICE_METRICS.spans, { ...gateway1, outcome: 'refused' }, '0+2x30')],
      at: '20m',
      labels: { service: 'gateway', outcome: 'refused' },
      summary: 'Spans of gateway are refused',
      description: '30 spans were refused within 15 min: traces have gaps.',
    },
  ],
  quiet: [{ given: [given(SERVICE_METRICS.spans, { ...gateway1, outcome: 'sent' }, '0+2x30')], at: '20m' }],
};

const breakerOpen: AlertRule = {
  alert: 'NovaTorchBreakerOpen',
  expr: q.equal(q.max(q.series(SERVICE_METRICS.breakerState), ['service', 'breaker']), 2),
  for: '2m',
  severity: 'ticket',
  summary: '{{ $labels.service }} has given up on {{ $labels.breaker }} for now',
  description: 'The breaker {{ $labels.breaker }} of {{ $labels.service }} is open: nothing is let through.',
  dashboard: 'fleet',
  reason:
    'A breaker tries again by itself (half-open). What it protects from has lasted two minutes and is not a hiccup. The platform goes on without: breakers stand before the model and the trace collector, not before the broker.',
  fires: [
    {
      given: [given(SERVICE_METRICS.breakerState, { ...gateway1, breaker: 'span export' }, '2x10')],
      at: '4m',
      labels: { service: 'gateway', breaker: 'span export' },
      summary: 'gateway has given up on span export for now',
      description: 'The breaker span export of gateway is open: nothing is let through.',
    },
  ],
  quiet: [
    {
      given: [given(SERVICE_METRICS.breakerState, { ...gateway1, breaker: 'span export' }, '2 1 0x10')],
      at: '5m',
    },
  ],
};

const limitNear: AlertRule = {
  alert: 'NovaTorchLimitNear',
  expr: q.above(q.divide(q.series(SERVICE_METRICS.limitUsed), q.series(SERVICE_METRICS.limitMax)), 0.9),
  for: '5m',
  severity: 'ticket',
  summary: '{{ $labels.service }} is near its limit of {{ $labels.limit }}',
  description:
    '{{ $value | humanizePercentage }} of the limit {{ $labels.limit }} of {{ $labels.instance }} are used.',
  dashboard: 'fleet',
  reason:
    'Over the limit the gateway answers 429. From nine tenths of the submission queue on it refuses all but urgent and critical tasks already.',
  fires: [
    {
      given: [
        given(SERVICE_METRICS.limitUsed, { ...gateway1, limit: 'pulls' }, '19000x20'),
        given(SERVICE_METRICS.limitMax, { ...gateway1, limit: 'pulls' }, '20000x20'),
      ],
      at: '10m',
      labels: { ...gateway1, limit: 'pulls' },
      summary: 'gateway is near its limit of pulls',
      description: '95% of the limit pulls of g1 are used.',
    },
  ],
  quiet: [
    {
      given: [
        given(SERVICE_METRICS.limitUsed, { ...gateway1, limit: 'pulls' }, '17000x20'),
        given(SERVICE_METRICS.limitMax, { ...gateway1, limit: 'pulls' }, '20000x20'),
      ],
      at: '10m',
    },
  ],
};

/** Whether the processes are there and well. */
export const serviceRules: RuleGroup = {
  name: 'nova-torch-services',
  rules: [absent, notReady, down, loopBlocked, memoryHigh, logFlood, spansLost, breakerOpen, limitNear],
};
