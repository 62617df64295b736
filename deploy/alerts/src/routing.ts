import { COLLABORATION_METRICS, ROUTER_METRICS, TASK_METRICS } from '@nova-torch/metrics';
import * as q from '@nova-torch/metrics/promql';
import { type AlertRule, given, type RuleGroup } from './rule.ts';

const t1 = { service: 'task-router', instance: 't1' };
const t2 = { service: 'task-router', instance: 't2' };

const noActiveRouter: AlertRule = {
  alert: 'NovaTorchNoActiveRouter',
  expr: q.below(q.sum(q.series(ROUTER_METRICS.active)), 1),
  for: '30s',
  severity: 'page',
  labels: { service: 'task-router' },
  summary: 'No task-router is the active one',
  description: 'Task-routers answer, but {{ $value }} of them hold the lease: no task is given to an agent.',
  dashboard: 'tasks',
  reason:
    'A killed router is replaced within 2 s, measured 1,006 ms at most of 47 times. Thirty seconds are two scrapes.',
  fires: [
    {
      given: [given(ROUTER_METRICS.active, t1, '1 0x10'), given(ROUTER_METRICS.active, t2, '0x11')],
      at: '3m',
      labels: { service: 'task-router' },
      summary: 'No task-router is the active one',
      description: 'Task-routers answer, but 0 of them hold the lease: no task is given to an agent.',
    },
  ],
  quiet: [
    {
      given: [given(ROUTER_METRICS.active, t1, '1 0x10'), given(ROUTER_METRICS.active, t2, '0 1x10')],
      at: '5m',
    },
  ],
};

const noActiveCollaboration: AlertRule = {
  alert: 'NovaTorchNoActiveCollaboration',
  expr: q.below(q.sum(q.series(COLLABORATION_METRICS.active)), 1),
  for: '30s',
  severity: 'page',
  labels: { service: 'collaboration' },
  summary: 'No collaboration service handles messages',
  description:
    'Replicas answer, but {{ $value }} of them have the turn: messages between agents wait, and gone agents are not released.',
  dashboard: 'agents',
  reason:
    'Another replica takes the turn of a silent one after 1 s (NOVA_TURN_MS). Thirty seconds are two scrapes.',
  fires: [
    {
      given: [given(COLLABORATION_METRICS.active, { service: 'collaboration', instance: 'c1' }, '0x10')],
      at: '2m',
      labels: { service: 'collaboration' },
      summary: 'No collaboration service handles messages',
      description:
        'Replicas answer, but 0 of them have the turn: messages between agents wait, and gone agents are not released.',
    },
  ],
  quiet: [
    {
      given: [given(COLLABORATION_METRICS.active, { service: 'collaboration', instance: 'c1' }, '1x10')],
      at: '5m',
    },
  ],
};

const noCandidate: AlertRule = {
  alert: 'NovaTorchTasksWithoutCandidate',
  expr: q.above(q.sum(q.series(TASK_METRICS.waiting, { reason: 'no_agent' }), ['role']), 0),
  for: '10m',
  severity: 'ticket',
  labels: { service: 'task-router' },
  summary: 'Tasks wait for an agent nobody has (role {{ $labels.role }})',
  description: '{{ $value | humanize }} tasks for role {{ $labels.role }} can be done by no living agent.',
  dashboard: 'tasks',
  reason:
    'The router asks the spawner after 1 s; an agent has 30 s to register; after a failure the next request waits 60 s at most. In ten minutes it was asked at least six times.',
  fires: [
    {
      given: [given(TASK_METRICS.waiting, { ...t1, role: 'qa', reason: 'no_agent' }, '3x20')],
      at: '12m',
      labels: { role: 'qa', service: 'task-router' },
      summary: 'Tasks wait for an agent nobody has (role qa)',
      description: '3 tasks for role qa can be done by no living agent.',
    },
  ],
  quiet: [
    {
      given: [
        given(TASK_METRICS.waiting, { ...t1, role: 'qa', reason: 'no_agent' }, '3x5 0x20'),
        given(TASK_METRICS.waiting, { ...t1, role: 'qa', reason: 'no_slot' }, '500x25'),
      ],
      at: '15m',
    },
  ],
};

const goesOn =
  'A fault makes a burst that is over in seconds: the chaos run ended with nothing lost. What goes on for half an hour is a defect, or a broker that loses answers all the time.';

const repairs: AlertRule = {
  alert: 'NovaTorchReconcilerRepairs',
  expr: q.above(q.sum(q.increase(ROUTER_METRICS.repairs, '10m'), ['service', 'what']), 0),
  for: '30m',
  severity: 'ticket',
  summary: 'The reconciler keeps finding something wrong ({{ $labels.what }})',
  description:
    '{{ $value | humanize }} entries of kind {{ $labels.what }} did not follow from the records within 10 min, and were put right.',
  dashboard: 'tasks',
  reason: `The record is the truth, and whatever differs from it is put right. ${goesOn}`,
  fires: [
    {
      given: [given(ROUTER_METRICS.repairs, { ...t1, what: 'index' }, '0+1x60')],
      at: '36m',
      labels: { service: 'task-router', what: 'index' },
      summary: 'The reconciler keeps finding something wrong (index)',
      description:
        '10 entries of kind index did not follow from the records within 10 min, and were put right.',
    },
  ],
  quiet: [{ given: [given(ROUTER_METRICS.repairs, { ...t1, what: 'index' }, '0x5 40x60')], at: '36m' }],
};

const writeRepeats: AlertRule = {
  alert: 'NovaTorchRouterWritesRepeated',
  expr: q.above(q.sum(q.increase(ROUTER_METRICS.writeRepeats, '10m'), ['service']), 0),
  for: '30m',
  severity: 'ticket',
  summary: 'The router keeps writing again what it is not sure of',
  description:
    '{{ $value | humanize }} writes were made again within 10 min because the answer of the broker was missing.',
  dashboard: 'tasks',
  reason: `A write is repeated when its answer did not come, which is safe. ${goesOn}`,
  fires: [
    {
      given: [given(ROUTER_METRICS.writeRepeats, t1, '0+2x60')],
      at: '36m',
      labels: { service: 'task-router' },
      summary: 'The router keeps writing again what it is not sure of',
      description: '20 writes were made again within 10 min because the answer of the broker was missing.',
    },
  ],
  quiet: [{ given: [given(ROUTER_METRICS.writeRepeats, t1, '0x5 3x60')], at: '36m' }],
};

const rejected = q.sum(q.rate(TASK_METRICS.rejectedReports, '10m'));
const taken = q.sum(q.rate(TASK_METRICS.reports, '10m'));

const reportsRejected: AlertRule = {
  alert: 'NovaTorchReportsRejected',
  expr: q.and(
    q.above(q.divide(rejected, q.plus(taken, rejected)), 0.1),
    q.above(q.sum(q.increase(TASK_METRICS.rejectedReports, '10m')), 20),
  ),
  for: '5m',
  severity: 'ticket',
  labels: { service: 'task-router' },
  summary: 'Reports of agents are refused in numbers',
  description: '{{ $value | humanizePercentage }} of the reports within 10 min were refused.',
  dashboard: 'tasks',
  reason:
    'A report is refused when its task has gone to another agent: after an agent was taken for dead, a few. One in ten, and more than twenty, means that many agents that live are taken for dead, or that a client repeats what it should not.',
  fires: [
    {
      given: [
        given(TASK_METRICS.reports, { ...t1, type: 'completed' }, '0+80x30'),
        given(TASK_METRICS.rejectedReports, { ...t1, type: 'completed', reason: 'stale' }, '0+20x30'),
      ],
      at: '20m',
      labels: { service: 'task-router' },
      summary: 'Reports of agents are refused in numbers',
      description: '20% of the reports within 10 min were refused.',
    },
  ],
  quiet: [
    {
      given: [
        given(TASK_METRICS.reports, { ...t1, type: 'completed' }, '0+1x30'),
        given(TASK_METRICS.rejectedReports, { ...t1, type: 'completed', reason: 'stale' }, '0+1x30'),
      ],
      at: '20m',
    },
    {
      given: [
        given(TASK_METRICS.reports, { ...t1, type: 'completed' }, '0+950x30'),
        given(TASK_METRICS.rejectedReports, { ...t1, type: 'completed', reason: 'stale' }, '0+50x30'),
      ],
      at: '20m',
    },
  ],
};

/** Whether tasks find agents, and the router trusts its memory. */
export const routingRules: RuleGroup = {
  name: 'nova-torch-routing',
  rules: [noActiveRouter, noActiveCollaboration, noCandidate, repairs, writeRepeats, reportsRejected],
};
