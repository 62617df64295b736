import { STREAM_METRICS } from '@nova-torch/metrics';
import { noMetrics, type StreamMetrics } from '@nova-torch/streams';
import type { Counter, Histogram } from 'prom-client';
import type { Metrics } from './metrics.ts';

/** Streams of one agent each would make a series per agent: they are counted together under `*`. */
const PER_AGENT = /\.(agents\.direct|replies)\.[^.]+/;

/** Makes the metrics that consumers, reclaimers and the like of one process fill. Once per process. */
export function streamMetrics(metrics: Metrics): StreamMetrics {
  const made = metrics.make(STREAM_METRICS);
  if (!metrics.enabled) return noMetrics;
  return {
    increment: (name, labels, by) => (made[name] as Counter<string>).inc(boundedLabels(labels), by),
    observe: (name, labels, value) => (made[name] as Histogram<string>).observe(boundedLabels(labels), value),
  };
}

function boundedLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  const { stream } = labels;
  return stream === undefined ? { ...labels } : { ...labels, stream: boundedStream(stream) };
}

/** The name of a stream as a label: `*` in the place of an agent's or an instance's name. */
export function boundedStream(stream: string): string {
  return stream.replace(PER_AGENT, '.$1.*');
}
