import { COLLABORATION_METRICS, REGISTRY_METRICS, SPAWNER_METRICS } from '@nova-torch/metrics';
import { dashboard } from '../dashboard.ts';
import { bars, events, lines } from '../panels.ts';
import { queries, share } from '../queries.ts';

const { rate, quantile, sum, max, happening } = queries('$__rate_interval', {
  instance: { pattern: '$instance' },
});

const fleet = [
  lines(
    {
      title: 'Agents by status',
      means: 'Good: idle, active and busy ones. suspect: two heartbeats missed. failed: three.',
      unit: 'short',
      shows: { '{{status}}': sum(REGISTRY_METRICS.agents, { by: ['status'] }) },
      width: 6,
    },
    { stacked: true },
  ),
  bars({
    title: 'Agents by role, now',
    means: 'Those that may be given tasks.',
    unit: 'short',
    shows: {
      '{{role}}': sum(REGISTRY_METRICS.agents, {
        by: ['role'],
        where: { status: { pattern: 'idle|active|busy' } },
      }),
    },
    base: 'blue',
    width: 6,
  }),
  lines({
    title: 'Slots in use, by role',
    means: 'Share of the places for tasks. Good: under 80 %. At 100 % tasks of the role wait.',
    unit: 'percentunit',
    shows: {
      '{{role}}': share(
        sum(REGISTRY_METRICS.slots, { by: ['role'], where: { state: 'used' } }),
        sum(REGISTRY_METRICS.slots, { by: ['role'] }),
      ),
    },
    limits: [
      [0.8, 'yellow'],
      [1, 'red'],
    ],
    max: 1,
    width: 6,
  }),
  events({
    title: 'Signs of death, a second',
    means: 'Who saw an agent end before its heartbeats stopped, and what the registry made of it.',
    unit: 'ops',
    shows: {
      '{{sign}} {{outcome}}': happening(rate(REGISTRY_METRICS.signs, { by: ['sign', 'outcome'] }), 'outcome'),
    },
    width: 6,
  }),
];

const life = [
  lines({
    title: 'Silence and interval',
    means:
      'Silence of the agent that was heard longest ago, and the usual time between two heartbeats (5 s). Good: silence under 10 s; at 15 s the agent counts as failed.',
    unit: 's',
    shows: {
      'longest silence': max(REGISTRY_METRICS.oldestHeartbeat),
      'interval p99': quantile(0.99, REGISTRY_METRICS.heartbeatInterval),
    },
    limits: [
      [10, 'yellow'],
      [15, 'red'],
    ],
  }),
  lines({
    title: 'Heartbeats, a second',
    means:
      'Good: time, and change when something changed. gone, stale or conflict: an agent is not who it was.',
    unit: 'ops',
    shows: { '{{outcome}}': rate(REGISTRY_METRICS.heartbeats, { by: ['outcome'] }) },
  }),
  lines({
    title: 'The registry is behind',
    means: 'Age of what it reads while more waits; agents are judged as of then. Good: 0.',
    unit: 's',
    shows: { behind: max(REGISTRY_METRICS.behind) },
    limits: [[2, 'red']],
  }),
];

const scaling = [
  lines(
    {
      title: 'Spawns by state',
      means: 'Agents the spawner started and that have not ended. Good: running.',
      unit: 'short',
      shows: {
        '{{template}} {{state}}': happening(
          sum(SPAWNER_METRICS.spawns, { by: ['template', 'state'] }),
          'state',
        ),
      },
    },
    { stacked: true },
  ),
  events({
    title: 'Agents started and ended, a second',
    means: 'Many of both: agents start and die.',
    unit: 'ops',
    shows: {
      'started: {{template}}': happening(rate(SPAWNER_METRICS.started, { by: ['template'] }), 'template'),
      'ended: {{state}}': happening(rate(SPAWNER_METRICS.ended, { by: ['state'] }), 'state'),
    },
  }),
  events({
    title: 'Refused, a second',
    means: 'By error code, and of these over a limit (of the template, or of all). Good: 0.',
    unit: 'ops',
    shows: {
      '{{code}}': happening(rate(SPAWNER_METRICS.refused, { by: ['code'] }), 'code'),
      'limit: {{limit}}': happening(rate(SPAWNER_METRICS.limitHits, { by: ['limit'] }), 'limit'),
    },
  }),
  lines({
    title: 'Request to registered',
    means: 'How long a new agent takes. Good: under two seconds.',
    unit: 's',
    shows: {
      p50: quantile(0.5, SPAWNER_METRICS.readySeconds),
      p99: quantile(0.99, SPAWNER_METRICS.readySeconds),
    },
  }),
  lines({
    title: 'Watched processes',
    means: 'Agent processes this spawner watches.',
    unit: 'short',
    shows: { '{{instance}}': sum(SPAWNER_METRICS.attached, { by: ['instance'] }) },
  }),
  lines({
    title: 'Taken over or ended by force, a second',
    means:
      'Processes left by a spawner that died (adopted), and those that did not end when asked. Good: 0 but for restarts.',
    unit: 'ops',
    shows: {
      adopted: rate(SPAWNER_METRICS.adopted),
      killed: rate(SPAWNER_METRICS.killed),
    },
  }),
];

const messages = [
  events({
    title: 'Messages between agents, a second',
    means: 'Requests to send, by outcome. Good: sent.',
    unit: 'ops',
    shows: { '{{outcome}}': happening(rate(COLLABORATION_METRICS.sent, { by: ['outcome'] }), 'outcome') },
  }),
  events({
    title: 'Receipts, a second',
    means: 'Good: as many delivered as queued. undeliverable or expired: the addressee was gone.',
    unit: 'ops',
    shows: { '{{outcome}}': happening(rate(COLLABORATION_METRICS.receipts, { by: ['outcome'] }), 'outcome') },
  }),
  lines({
    title: 'Time to the inbox and to the agent, p99',
    means: 'Posting is our part: under 10 ms. Delivery is the agent taking it.',
    unit: 's',
    shows: {
      posted: quantile(0.99, COLLABORATION_METRICS.delay),
      delivered: quantile(0.99, COLLABORATION_METRICS.deliveryDelay),
    },
  }),
];

export const agents = dashboard({
  name: 'agents',
  title: 'Agents and scaling',
  description: 'Who is there, who is alive, who comes and goes, and what agents tell one another.',
  rows: {
    'The fleet': fleet,
    'Signs of life': life,
    'Starting and ending agents': scaling,
    'Messages between agents': messages,
  },
});
