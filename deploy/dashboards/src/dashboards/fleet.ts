import {
  BROKER_METRICS,
  REGISTRY_METRICS,
  ROUTER_METRICS,
  SERVICE_METRICS,
  SPAWNER_METRICS,
  STREAM_DEPTH_METRICS,
  TASK_METRICS,
} from '@nova-torch/metrics';
import { dashboard } from '../dashboard.ts';
import { bars, events, lines, stat } from '../panels.ts';
import { queries } from '../queries.ts';
import { recordedAs } from '../recording-rules.ts';

const { rate, sum, max, min, happening } = queries('$__rate_interval', {
  instance: { pattern: '$instance' },
});
const { quantile: quantileOf5m } = queries('5m', { instance: { pattern: '$instance' } });

const isItWell = [
  stat({
    title: 'Services ready',
    means: 'Services with at least one instance that is ready. Good: all five.',
    unit: 'short',
    shows: {
      services: `count(${sum(SERVICE_METRICS.ready, { by: ['service'] })} > 0) or 0 * ${max(SERVICE_METRICS.info)}`,
    },
    base: 'red',
    limits: [[5, 'green']],
  }),
  stat({
    title: 'Active routers',
    means:
      'Routers that hand out tasks. Good: exactly one. None for more than two seconds: nothing is assigned.',
    unit: 'short',
    shows: { active: sum(ROUTER_METRICS.active) },
    base: 'red',
    limits: [
      [1, 'green'],
      [2, 'red'],
    ],
  }),
  stat(
    {
      title: 'Broker',
      means: 'Whether every service is connected to the broker. Good: connected.',
      unit: 'short',
      shows: { connected: min(BROKER_METRICS.connected) },
      base: 'red',
      limits: [[1, 'green']],
    },
    { 0: 'away', 1: 'connected' },
  ),
  stat({
    title: 'Gateway errors, 5 min',
    means: 'Share of requests answered with 5xx. Good: under 0.1 %.',
    unit: 'percentunit',
    shows: { errors: recordedAs('gateway_error_ratio', '5m') },
    limits: [
      [0.001, 'yellow'],
      [0.01, 'red'],
    ],
  }),
  stat({
    title: 'Assignment p99, 5 min',
    means:
      'From readiness to assignment. Good: under 6 ms; the goal is 100 ms. It is long too when agents are lacking: see why tasks wait.',
    unit: 's',
    shows: { p99: quantileOf5m(0.99, TASK_METRICS.waitDuration) },
    limits: [
      [0.006, 'yellow'],
      [0.1, 'red'],
    ],
  }),
  stat({
    title: 'Nobody can do',
    means:
      'Tasks for which no living agent has the role and the skills. Good: 0, or soon 0 where the spawner has a template.',
    unit: 'short',
    shows: {
      tasks: happening(sum(TASK_METRICS.waiting, { where: { reason: 'no_agent' } }), 'reason'),
    },
    limits: [
      [1, 'yellow'],
      [100, 'red'],
    ],
  }),
  stat({
    title: 'Dead letters',
    means:
      'Messages nobody could handle, kept for a person. Good: 0. `nova-torch dead-letters list` shows them.',
    unit: 'short',
    shows: {
      kept: `sum(${max(STREAM_DEPTH_METRICS.deadKept, { by: ['stream'] })})`,
    },
    limits: [[1, 'red']],
  }),
  stat({
    title: 'Tasks failed, 1 h',
    means:
      'Of the tasks that ended by themselves, the share that failed or expired. Good: under 5 %, the budget of the objective.',
    unit: 'percentunit',
    shows: { failed: recordedAs('task_failure_ratio', '1h') },
    limits: [
      [0.05, 'yellow'],
      [0.1, 'red'],
    ],
  }),
];

const whatItDoes = [
  lines(
    {
      title: 'Open tasks by state',
      means: 'Tasks that have not ended. Good: ready does not rise; a rise means too few agents.',
      unit: 'short',
      shows: { '{{state}}': sum(TASK_METRICS.open, { by: ['state'] }) },
    },
    { stacked: true },
  ),
  lines({
    title: 'Tasks that ended, a second',
    means:
      'How many tasks ended, by how. Good: completed follows what is submitted, failed and expired are near 0.',
    unit: 'ops',
    shows: {
      '{{end}}': rate(TASK_METRICS.ends, { by: ['end'] }),
      submitted: rate(TASK_METRICS.submissions, { where: { outcome: 'accepted' } }),
    },
  }),
  lines(
    {
      title: 'Agents by status',
      means: 'Agents there are records of. Good: neither suspect nor failed.',
      unit: 'short',
      shows: { '{{status}}': sum(REGISTRY_METRICS.agents, { by: ['status'] }) },
    },
    { stacked: true },
  ),
];

const whyTasksWait = [
  lines(
    {
      title: 'Waiting tasks by reason',
      means:
        'no_agent: nobody alive can do them, start an agent. no_slot: all who can are busy, add agents or wait. matching: about to be assigned, or their agents rest after failures.',
      unit: 'short',
      shows: { '{{reason}}': sum(TASK_METRICS.waiting, { by: ['reason'] }) },
      width: 6,
    },
    { stacked: true },
  ),
  bars({
    title: 'Waiting tasks by role, now',
    means: 'Whom the tasks wait for. `none` are tasks that name no role.',
    unit: 'short',
    shows: {
      '{{role}} {{reason}}': happening(sum(TASK_METRICS.waiting, { by: ['role', 'reason'] }), 'reason'),
    },
    limits: [[1, 'yellow']],
    width: 6,
  }),
  lines({
    title: 'Slots',
    means: 'Places for tasks on living agents. Good: some are free. None free: tasks wait for one.',
    unit: 'short',
    shows: { '{{state}}': sum(REGISTRY_METRICS.slots, { by: ['state'] }) },
    width: 6,
  }),
  events({
    title: 'Agents asked for and refused, a second',
    means: 'Why the spawner started no agent. Good: nothing. A code is explained in docs/ERRORS.md.',
    unit: 'ops',
    shows: { '{{code}}': happening(rate(SPAWNER_METRICS.refused, { by: ['code'] }), 'code') },
    width: 6,
  }),
];

export const fleet = dashboard({
  name: 'fleet',
  title: 'Fleet',
  description: 'Is it well, what is it doing, and why does a task wait?',
  rows: { 'Is it well?': isItWell, 'What is it doing?': whatItDoes, 'Why does a task wait?': whyTasksWait },
});
