import { COLLABORATION_METRICS } from './collaboration.ts';
import type { MetricTable } from './definition.ts';
import { BROKER_METRICS, SERVICE_METRICS } from './every-service.ts';
import { GATEWAY_METRICS, JOURNAL_METRICS } from './gateway.ts';
import { PROCESS_METRICS } from './process.ts';
import { REGISTRY_METRICS } from './registry.ts';
import { LLM_METRICS, ROUTER_METRICS, TASK_METRICS } from './router.ts';
import { SPAWNER_METRICS } from './spawner.ts';
import { STREAM_DEPTH_METRICS, STREAM_METRICS } from './streams.ts';

export {
  counter,
  DURATION_BUCKETS_S,
  gauge,
  histogram,
  type MetricDefinition,
  type MetricTable,
  type MetricType,
  TASK_BUCKETS_S,
} from './definition.ts';
export {
  BROKER_METRICS,
  COLLABORATION_METRICS,
  GATEWAY_METRICS,
  JOURNAL_METRICS,
  LLM_METRICS,
  PROCESS_METRICS,
  REGISTRY_METRICS,
  ROUTER_METRICS,
  SERVICE_METRICS,
  SPAWNER_METRICS,
  STREAM_DEPTH_METRICS,
  STREAM_METRICS,
  TASK_METRICS,
};

/** All tables, by who exports them, in the order of the documentation. */
export const METRIC_TABLES: readonly {
  readonly title: string;
  readonly exportedBy: string;
  readonly metrics: MetricTable;
}[] = [
  { title: 'Tasks', exportedBy: 'task-router', metrics: TASK_METRICS },
  { title: 'Routing', exportedBy: 'task-router', metrics: ROUTER_METRICS },
  { title: 'Analysis by a model', exportedBy: 'task-router, where one is configured', metrics: LLM_METRICS },
  { title: 'Agents', exportedBy: 'registry', metrics: REGISTRY_METRICS },
  { title: 'Agent processes', exportedBy: 'spawner', metrics: SPAWNER_METRICS },
  { title: 'Messages between agents', exportedBy: 'collaboration', metrics: COLLABORATION_METRICS },
  { title: 'The gateway', exportedBy: 'gateway', metrics: GATEWAY_METRICS },
  { title: "The gateway's journal", exportedBy: 'gateway', metrics: JOURNAL_METRICS },
  { title: 'Streams', exportedBy: 'every service, of the streams it reads', metrics: STREAM_METRICS },
  {
    title: 'What waits in streams',
    exportedBy: 'every service, of the work streams it reads',
    metrics: STREAM_DEPTH_METRICS,
  },
  { title: 'The broker', exportedBy: 'every service', metrics: BROKER_METRICS },
  { title: 'Every service', exportedBy: 'every service', metrics: SERVICE_METRICS },
  {
    title: 'The process',
    exportedBy: 'every service; those of prom-client that are used here',
    metrics: PROCESS_METRICS,
  },
];
