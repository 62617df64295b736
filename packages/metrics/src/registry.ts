import { counter, gauge, histogram } from './definition.ts';

const INTERVAL_BUCKETS_S = [0.5, 1, 2, 4, 5, 6, 8, 10, 15, 30, 60];

/** Agents, as the registry sees them. */
export const REGISTRY_METRICS = {
  agents: gauge(
    'agents',
    'Agents there are records of, by role (the twenty with most, others together as other) and status.',
    ['role', 'status'],
  ),
  slots: gauge('agent_slots', 'Slots of living agents, by role as in agents and state (used, free).', [
    'role',
    'state',
  ]),
  oldestHeartbeat: gauge(
    'agent_oldest_heartbeat_seconds',
    'Time since the last sign of life of the agent that has been silent longest, of those that are not gone.',
  ),
  heartbeatInterval: histogram(
    'agent_heartbeat_interval_seconds',
    'Time between two heartbeats of an agent.',
    [],
    INTERVAL_BUCKETS_S,
  ),
  behind: gauge(
    'registry_behind_seconds',
    'Age of the newest message taken while others wait: agents are judged as of then.',
  ),
  heartbeats: counter(
    'registry_heartbeats_total',
    'Heartbeats by outcome: time, change, stale, gone, replaced (a newer one came with it), conflict.',
    ['outcome'],
  ),
  changes: counter('registry_changes_total', 'Changes written, by the event that went out with them.', [
    'event',
  ]),
  signs: counter('registry_signs_total', 'Signs of death by kind and outcome: taken, nothing_new, unknown.', [
    'sign',
    'outcome',
  ]),
  releases: counter(
    'registry_releases_total',
    'Releases of agents that are gone, by service and outcome: noted, reaped, ignored.',
    ['by', 'outcome'],
  ),
  attempts: counter(
    'registry_attempts_counted_total',
    'Ended attempts counted in the performance of agents.',
  ),
} as const;
