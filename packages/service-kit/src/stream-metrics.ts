import { type StreamMetrics, streamCounters, streamHistograms } from '@nova-torch/streams';
import type { Counter, Histogram } from 'prom-client';
import type { Metrics } from './metrics.ts';

/** Streams of one agent each would make a series per agent: they are counted together under `*`. */
const PER_AGENT = /\.(agents\.direct|replies)\.[^.]+/;

/**
 * Makes the metrics that consumers, reclaimers and the like of one process fill: a counter and a histogram for each
 * row of the streams package's tables. Once per process.
 */
export function streamMetrics(metrics: Metrics): StreamMetrics {
  const counters = new Map<string, Counter<string>>();
  const histograms = new Map<string, Histogram<string>>();
  for (const [name, { help, labels }] of Object.entries(streamCounters)) {
    counters.set(name, metrics.counter<string>({ name, help, labelNames: labels }));
  }
  for (const [name, { help, labels, buckets }] of Object.entries(streamHistograms)) {
    histograms.set(
      name,
      metrics.histogram<string>({ name, help, labelNames: labels, buckets: [...buckets] }),
    );
  }
  return {
    increment: (name, labels, by) => counters.get(name)?.inc(boundedLabels(labels), by),
    observe: (name, labels, value) => histograms.get(name)?.observe(boundedLabels(labels), value),
  };
}

function boundedLabels(labels: Record<string, string>): Record<string, string> {
  const { stream } = labels;
  return stream === undefined ? labels : { ...labels, stream: stream.replace(PER_AGENT, '.$1.*') };
}
