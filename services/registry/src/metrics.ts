import type { Metrics } from '@nova-torch/service-kit';

/** Makes every metric of the registry. Once per process. */
export function registryMetrics(metrics: Metrics) {
  return {
    agents: metrics.gauge({ name: 'registry_agents', help: 'Agents there are records of.' }),
    behind: metrics.gauge({
      name: 'registry_behind_seconds',
      help: 'Age of the newest message taken while others wait: agents are judged as of then.',
    }),
    heartbeats: metrics.counter({
      name: 'registry_heartbeats_total',
      help: 'Heartbeats by outcome: time, change, stale, gone, replaced (a newer one came with it), conflict.',
      labelNames: ['outcome'],
    }),
    changes: metrics.counter({
      name: 'registry_changes_total',
      help: 'Changes written, by the event that went out with them.',
      labelNames: ['event'],
    }),
    signs: metrics.counter({
      name: 'registry_signs_total',
      help: 'Signs of death by kind and outcome: taken, nothing_new, unknown.',
      labelNames: ['sign', 'outcome'],
    }),
    releases: metrics.counter({
      name: 'registry_releases_total',
      help: 'Releases of agents that are gone, by service and outcome: noted, reaped, ignored.',
      labelNames: ['by', 'outcome'],
    }),
    attempts: metrics.counter({
      name: 'registry_attempts_counted_total',
      help: 'Ended attempts counted in the performance of agents.',
    }),
  };
}

export type RegistryMetrics = ReturnType<typeof registryMetrics>;
