import type { MetricDefinition, MetricType } from './definition.ts';

const customary = <T extends MetricType, const L extends string = never>(
  type: T,
  name: string,
  help: string,
  labels: readonly L[] = [],
): MetricDefinition<T, L> => ({ type, name, help, labels, buckets: [] });

/** Of the customary metrics of a Node process (prom-client makes them), those the dashboards and alerts use. */
export const PROCESS_METRICS = {
  cpu: customary('counter', 'process_cpu_seconds_total', 'Processor time used, in seconds.'),
  resident: customary('gauge', 'process_resident_memory_bytes', 'Resident memory.'),
  startTime: customary('gauge', 'process_start_time_seconds', 'Start of the process, in seconds since 1970.'),
  openFiles: customary('gauge', 'process_open_fds', 'Open file descriptors.'),
  loopLagP99: customary(
    'gauge',
    'nodejs_eventloop_lag_p99_seconds',
    'Lag of the event loop, 99th percentile.',
  ),
  loopLagMax: customary('gauge', 'nodejs_eventloop_lag_max_seconds', 'Lag of the event loop, the most seen.'),
  heapUsed: customary('gauge', 'nodejs_heap_size_used_bytes', 'Heap in use.'),
  heapTotal: customary('gauge', 'nodejs_heap_size_total_bytes', 'Heap taken from the system.'),
  gc: customary('histogram', 'nodejs_gc_duration_seconds', 'Garbage collections, by kind.', ['kind']),
} as const;
