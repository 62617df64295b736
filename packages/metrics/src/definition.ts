const PREFIX = 'nova_torch_';

/** What kind of series a metric is. */
export type MetricType = 'counter' | 'gauge' | 'histogram';

/** One metric: what it is called on the wire, what it tells, by which labels. */
export interface MetricDefinition<T extends MetricType = MetricType, L extends string = string> {
  readonly type: T;
  /** The whole name, as Prometheus sees it. */
  readonly name: string;
  readonly help: string;
  readonly labels: readonly L[];
  /** Upper bounds, of histograms only. */
  readonly buckets: readonly number[];
}

/** Metrics by the name the code knows them by. */
export type MetricTable = Readonly<Record<string, MetricDefinition>>;

/** Durations in seconds: from a tenth of a millisecond (one script) to ten seconds (a stuck one). */
export const DURATION_BUCKETS_S: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** Durations in seconds in the life of a task: its goals are 1, 6 and 100 ms, and it may wait for a day. */
export const TASK_BUCKETS_S: readonly number[] = [
  0.001, 0.0025, 0.006, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 10, 30, 60, 300, 1_800, 3_600, 86_400,
];

/** A counter; its name ends in `_total`. */
export function counter<const L extends string = never>(
  name: `${string}_total`,
  help: string,
  labels: readonly L[] = [],
): MetricDefinition<'counter', L> {
  return { type: 'counter', name: PREFIX + name, help, labels, buckets: [] };
}

/** A gauge; its name ends in its unit, if it has one. */
export function gauge<const L extends string = never>(
  name: string,
  help: string,
  labels: readonly L[] = [],
): MetricDefinition<'gauge', L> {
  return { type: 'gauge', name: PREFIX + name, help, labels, buckets: [] };
}

/** A histogram; its name ends in its unit. Buckets: {@link DURATION_BUCKETS_S} unless told. */
export function histogram<const L extends string = never>(
  name: string,
  help: string,
  labels: readonly L[] = [],
  buckets: readonly number[] = DURATION_BUCKETS_S,
): MetricDefinition<'histogram', L> {
  return { type: 'histogram', name: PREFIX + name, help, labels, buckets };
}
