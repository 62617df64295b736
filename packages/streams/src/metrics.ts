import type { MetricDefinition, MetricType, STREAM_METRICS } from '@nova-torch/metrics';

type Table = typeof STREAM_METRICS;
type NameOf<T extends MetricType> = {
  [K in keyof Table]: Table[K] extends MetricDefinition<T, infer _L> ? K : never;
}[keyof Table];

export type StreamCounterName = NameOf<'counter'>;
export type StreamHistogramName = NameOf<'histogram'>;

/** The labels of one metric of the table, all of them. */
export type StreamLabels<N extends keyof Table> =
  Table[N] extends MetricDefinition<MetricType, infer L> ? Readonly<Record<L, string>> : never;

/** Where this package counts, by the keys of `STREAM_METRICS`; service-kit makes it. */
export interface StreamMetrics {
  increment<N extends StreamCounterName>(name: N, labels: StreamLabels<N>, by: number): void;
  observe<N extends StreamHistogramName>(name: N, labels: StreamLabels<N>, value: number): void;
}

/** Counts nothing. */
export const noMetrics: StreamMetrics = { increment() {}, observe() {} };
