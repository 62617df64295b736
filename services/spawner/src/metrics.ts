import { SPAWNER_METRICS } from '@nova-torch/metrics';
import { type MadeMetrics, type Metrics, startAtZero } from '@nova-torch/service-kit';

/** Every metric of the spawner's own. */
export type SpawnerMetrics = MadeMetrics<typeof SPAWNER_METRICS>;

/** Makes them, once per process. */
export function createSpawnerMetrics(metrics: Metrics): SpawnerMetrics {
  const made = metrics.make(SPAWNER_METRICS);
  startAtZero(made.refused, [{ code: 'TEMPLATE_UNKNOWN' }, { code: 'SPAWN_LIMIT' }]);
  startAtZero(made.limitHits, [{ limit: 'template' }, { limit: 'total' }]);
  startAtZero(made.ended, [{ state: 'stopped' }, { state: 'failed' }]);
  return made;
}
