import type { Metrics } from '@nova-torch/service-kit';
import type { Counter, Histogram } from 'prom-client';

/** Every metric of the spawner's own. */
export interface SpawnerMetrics {
  readonly started: Counter<'template'>;
  readonly refused: Counter<'code'>;
  readonly adopted: Counter;
  readonly ended: Counter<'state'>;
  readonly killed: Counter;
  readonly stragglers: Counter<'verdict'>;
  readonly readySeconds: Histogram;
}

/** Makes them, once per process. `live` counts the agents this spawner watches. */
export function createSpawnerMetrics(metrics: Metrics, live: () => number): SpawnerMetrics {
  metrics.gauge({
    name: 'spawner_agents_attached',
    help: 'Agent processes this spawner watches.',
    collect() {
      this.set(live());
    },
  });
  return {
    started: metrics.counter({
      name: 'spawner_agents_started_total',
      help: 'Agent processes started, by template.',
      labelNames: ['template'],
    }),
    refused: metrics.counter({
      name: 'spawner_spawns_refused_total',
      help: 'Requests for an agent that were refused, by error code.',
      labelNames: ['code'],
    }),
    adopted: metrics.counter({
      name: 'spawner_agents_adopted_total',
      help: 'Living agent processes taken over from a spawner that ended.',
    }),
    ended: metrics.counter({
      name: 'spawner_agents_ended_total',
      help: 'Spawns that ended, by the state they ended in.',
      labelNames: ['state'],
    }),
    killed: metrics.counter({
      name: 'spawner_processes_killed_total',
      help: 'Processes of ended agents that had to be ended by force.',
    }),
    stragglers: metrics.counter({
      name: 'spawner_stragglers_total',
      help: 'Spawns with living processes that nobody watched, by what was done about them.',
      labelNames: ['verdict'],
    }),
    readySeconds: metrics.histogram({
      name: 'spawner_ready_seconds',
      help: 'From the request for an agent until it registered.',
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    }),
  };
}
