import { REGISTRY_METRICS } from '@nova-torch/metrics';
import { type MadeMetrics, type Metrics, startAtZero } from '@nova-torch/service-kit';

export type RegistryMetrics = MadeMetrics<typeof REGISTRY_METRICS>;

/** Makes every metric of the registry. Once per process. */
export function registryMetrics(metrics: Metrics): RegistryMetrics {
  const made = metrics.make(REGISTRY_METRICS);
  startAtZero(
    made.heartbeats,
    ['time', 'change', 'stale', 'gone', 'replaced', 'conflict'].map((outcome) => ({ outcome })),
  );
  startAtZero(
    made.changes,
    ['joined', 'updated', 'suspect', 'left', 'failed', 'reaped'].map((what) => ({
      event: `agent.${what}.v1`,
    })),
  );
  return made;
}
