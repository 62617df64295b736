import { ROUTER_METRICS, TASK_METRICS } from '@nova-torch/metrics';
import type { MadeMetrics, Metrics } from '@nova-torch/service-kit';

/** Every metric the task-router has of its own. */
export type RouterMetrics = MadeMetrics<typeof TASK_METRICS & typeof ROUTER_METRICS>;

/** Makes them. Once per process. */
export function routerMetrics(metrics: Metrics): RouterMetrics {
  return metrics.make({ ...TASK_METRICS, ...ROUTER_METRICS });
}

/** Numbers read when they are asked for. */
export interface RouterGauges {
  readonly active: () => number;
  readonly held: () => number;
  readonly agents: () => number;
  readonly freeSlots: () => number;
  readonly resting: () => number;
  readonly unserved: () => number;
  readonly busyClasses: () => number;
}

/** Has the gauges of this instance read them. */
export function registerGauges(metrics: Metrics, made: RouterMetrics, gauges: RouterGauges): void {
  for (const [key, value] of Object.entries(gauges) as [keyof RouterGauges, () => number][]) {
    metrics.measure(made[key], value);
  }
}
