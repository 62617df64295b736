import { counter, gauge, histogram } from './definition.ts';

const READY_BUCKETS_S = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Agent processes, as the spawner sees them. Templates are few and named by the operator. */
export const SPAWNER_METRICS = {
  attached: gauge('spawner_agents_attached', 'Agent processes this spawner watches.'),
  spawns: gauge(
    'spawner_spawns',
    'Spawns of this spawner that have not ended, by template and state: starting and running are wanted, running are there.',
    ['template', 'state'],
  ),
  started: counter('spawner_agents_started_total', 'Agent processes started, by template.', ['template']),
  refused: counter(
    'spawner_spawns_refused_total',
    'Requests for an agent that were refused, by error code.',
    ['code'],
  ),
  limitHits: counter(
    'spawner_limit_hits_total',
    'Requests for an agent refused because of a limit (template, total), by limit.',
    ['limit'],
  ),
  adopted: counter(
    'spawner_agents_adopted_total',
    'Living agent processes taken over from a spawner that ended.',
  ),
  ended: counter('spawner_agents_ended_total', 'Spawns that ended, by the state they ended in.', ['state']),
  killed: counter(
    'spawner_processes_killed_total',
    'Processes of ended agents that had to be ended by force.',
  ),
  stragglers: counter(
    'spawner_stragglers_total',
    'Spawns with living processes that nobody watched, by what was done about them.',
    ['verdict'],
  ),
  readySeconds: histogram(
    'spawner_ready_seconds',
    'From the request for an agent until it registered.',
    [],
    READY_BUCKETS_S,
  ),
} as const;
