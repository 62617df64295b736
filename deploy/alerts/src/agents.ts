import { REGISTRY_METRICS, SPAWNER_METRICS } from '@nova-torch/metrics';
import * as q from '@nova-torch/metrics/promql';
import { type AlertRule, given, type RuleGroup } from './rule.ts';

const r1 = { service: 'registry', instance: 'r1' };
const s1 = { service: 'spawner', instance: 's1' };

const failures = q.sum(q.increase(REGISTRY_METRICS.changes, '10m', { event: 'agent.failed.v1' }));
// Each replica of the registry exports all agents.
const fleet = q.sum(q.max(q.series(REGISTRY_METRICS.agents), ['role', 'status']));

const agentsLost: AlertRule = {
  alert: 'NovaTorchAgentsLost',
  expr: q.and(q.above(q.divide(failures, fleet), 0.2), q.above(failures, 2)),
  for: '1m',
  severity: 'page',
  labels: { service: 'registry' },
  summary: 'Many agents were lost at once',
  description:
    'Within 10 min {{ $value | humanizePercentage }} of as many agents as there are were taken for dead; bound 20 %.',
  dashboard: 'agents',
  reason:
    'Agents come and go one by one. A fifth of all is where the registry itself stops believing in single deaths (many sessions closed at once): a host, a network or a release has failed.',
  fires: [
    {
      given: [
        given(REGISTRY_METRICS.changes, { ...r1, event: 'agent.failed.v1' }, '0+1x30'),
        given(REGISTRY_METRICS.agents, { ...r1, role: 'developer', status: 'idle' }, '20x30'),
      ],
      at: '15m',
      labels: { service: 'registry' },
      summary: 'Many agents were lost at once',
      description: 'Within 10 min 50% of as many agents as there are were taken for dead; bound 20 %.',
    },
  ],
  quiet: [
    {
      given: [
        given(REGISTRY_METRICS.changes, { ...r1, event: 'agent.failed.v1' }, '0x5 2x30'),
        given(REGISTRY_METRICS.agents, { ...r1, role: 'developer', status: 'idle' }, '4x30'),
      ],
      at: '10m',
    },
    {
      given: [
        given(REGISTRY_METRICS.changes, { ...r1, event: 'agent.left.v1' }, '0+5x30'),
        given(REGISTRY_METRICS.agents, { ...r1, role: 'developer', status: 'idle' }, '20x30'),
      ],
      at: '15m',
    },
  ],
};

const heartbeatLate: AlertRule = {
  alert: 'NovaTorchHeartbeatLate',
  expr: q.above(q.max(q.series(REGISTRY_METRICS.oldestHeartbeat), ['service']), 30),
  for: '1m',
  severity: 'ticket',
  summary: 'An agent is silent and not taken for dead',
  description:
    'The agent that has been silent longest of those not gone was heard {{ $value | humanizeDuration }} ago; bound 30 s.',
  dashboard: 'agents',
  reason:
    'An agent that is silent for three heartbeats (15 s) is taken for dead; measured 14.99 s. At twice that time the registry does not judge. Raise the bound with NOVA_HEARTBEAT_MS.',
  fires: [
    {
      given: [given(REGISTRY_METRICS.oldestHeartbeat, r1, '5 60x10')],
      at: '3m',
      labels: { service: 'registry' },
      summary: 'An agent is silent and not taken for dead',
      description:
        'The agent that has been silent longest of those not gone was heard 1m 0s ago; bound 30 s.',
    },
  ],
  quiet: [{ given: [given(REGISTRY_METRICS.oldestHeartbeat, r1, '5 14 31 0 5x10')], at: '6m' }],
};

const registryBehind: AlertRule = {
  alert: 'NovaTorchRegistryBehind',
  expr: q.above(q.max(q.series(REGISTRY_METRICS.behind), ['service']), 5),
  for: '1m',
  severity: 'ticket',
  summary: 'The registry is late in reading heartbeats',
  description:
    'The newest message it took is {{ $value | humanizeDuration }} old while others wait; bound 5 s.',
  dashboard: 'agents',
  reason:
    'Agents send a heartbeat every 5 s, and are judged as of the last message read: so much later a dead agent is noticed.',
  fires: [
    {
      given: [given(REGISTRY_METRICS.behind, r1, '0 12x10')],
      at: '3m',
      labels: { service: 'registry' },
      summary: 'The registry is late in reading heartbeats',
      description: 'The newest message it took is 12s old while others wait; bound 5 s.',
    },
  ],
  quiet: [{ given: [given(REGISTRY_METRICS.behind, r1, '0 8 0x10')], at: '5m' }],
};

const spawnsFailing: AlertRule = {
  alert: 'NovaTorchSpawnsFailing',
  expr: q.above(q.sum(q.increase(SPAWNER_METRICS.ended, '15m', { state: 'failed' }), ['service']), 3),
  for: '1m',
  severity: 'ticket',
  summary: 'Agents the spawner starts fail',
  description: '{{ $value | humanize }} spawns ended as failed within 15 min; bound 3.',
  dashboard: 'agents',
  reason:
    'One failure may be an agent that broke over its work. The router asks again with pauses of 2 s to 60 s, so a template that cannot start fails more than ten times in a quarter of an hour.',
  fires: [
    {
      given: [given(SPAWNER_METRICS.ended, { ...s1, state: 'failed' }, '0+1x30')],
      at: '20m',
      labels: { service: 'spawner' },
      summary: 'Agents the spawner starts fail',
      description: '15 spawns ended as failed within 15 min; bound 3.',
    },
  ],
  quiet: [
    {
      given: [
        given(SPAWNER_METRICS.ended, { ...s1, state: 'failed' }, '0x5 2x30'),
        given(SPAWNER_METRICS.ended, { ...s1, state: 'stopped' }, '0+10x30'),
      ],
      at: '20m',
    },
  ],
};

const spawnLimit: AlertRule = {
  alert: 'NovaTorchSpawnLimitHit',
  expr: q.above(q.sum(q.increase(SPAWNER_METRICS.limitHits, '15m'), ['service', 'limit']), 0),
  for: '15m',
  severity: 'ticket',
  summary: 'More agents are wanted than the limit allows ({{ $labels.limit }})',
  description:
    '{{ $value | humanize }} requests for an agent were refused within 15 min because of the limit {{ $labels.limit }}.',
  dashboard: 'agents',
  reason:
    'A limit that is hit now and then does its work. For half an hour it is the size of the fleet that is wrong, or the demand.',
  fires: [
    {
      given: [given(SPAWNER_METRICS.limitHits, { ...s1, limit: 'template' }, '0+1x60')],
      at: '30m',
      labels: { service: 'spawner', limit: 'template' },
      summary: 'More agents are wanted than the limit allows (template)',
      description: '15 requests for an agent were refused within 15 min because of the limit template.',
    },
  ],
  quiet: [{ given: [given(SPAWNER_METRICS.limitHits, { ...s1, limit: 'template' }, '0x5 1x60')], at: '25m' }],
};

/** Whether agents live, and new ones can be had. */
export const agentRules: RuleGroup = {
  name: 'nova-torch-agents',
  rules: [agentsLost, heartbeatLate, registryBehind, spawnsFailing, spawnLimit],
};
