import { SERVICE_METRICS } from '@nova-torch/metrics';
import { LOG_LEVELS } from './env.ts';
import type { Health } from './health.ts';
import { type MadeMetrics, type Metrics, startAtZero } from './metrics.ts';
import { VERSION } from './version.ts';

/** What every service exports of itself; made once per process. */
export type ServiceMetrics = MadeMetrics<typeof SERVICE_METRICS>;

/** Makes them; `ready` follows the health that is given to {@link observeHealth}. */
export function createServiceMetrics(metrics: Metrics): ServiceMetrics {
  const made = metrics.make(SERVICE_METRICS);
  metrics.measureEach(made.info, () => [[{ version: VERSION, node: process.versions.node }, 1]]);
  startAtZero(
    made.logLines,
    LOG_LEVELS.filter((level) => level !== 'silent').map((level) => ({ level })),
  );
  startAtZero(
    made.spans,
    ['sent', 'refused', 'dropped'].map((outcome) => ({ outcome })),
  );
  return made;
}

/** Shows whether the service is ready, whenever the metrics are read. */
export function observeHealth(metrics: Metrics, { ready }: ServiceMetrics, health: Health): void {
  metrics.measure(ready, () => (health.report().ready ? 1 : 0));
}
