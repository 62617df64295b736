import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const PREFIX = 'nova_torch_';
const METRIC_NAME = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;

/** Buckets for durations in seconds: from a tenth of a millisecond (one script) to ten seconds (a stuck one). */
export const DURATION_BUCKETS_S = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** A metric's name (without the prefix), its help text and its labels. */
export interface MetricOptions<L extends string> {
  name: string;
  help: string;
  labelNames?: readonly L[];
}

/** A gauge that may be computed when it is read. */
export interface GaugeOptions<L extends string> extends MetricOptions<L> {
  collect?: (this: Gauge<L>) => void | Promise<void>;
}

/** A histogram with its buckets, {@link DURATION_BUCKETS_S} unless told. */
export interface HistogramOptions<L extends string> extends MetricOptions<L> {
  buckets?: number[];
}

/** The metrics of one process. Names get the prefix `nova_torch_`. Making the same name twice throws. */
export interface Metrics {
  readonly registry: Registry;
  /** A counter; its name ends in `_total`. */
  counter<L extends string = never>(options: MetricOptions<L>): Counter<L>;
  /** A gauge; its name ends in its unit, if it has one (`_seconds`, `_bytes`). */
  gauge<L extends string = never>(options: GaugeOptions<L>): Gauge<L>;
  /** A histogram; its name ends in its unit (`_seconds`, `_bytes`, `_entries`). */
  histogram<L extends string = never>(options: HistogramOptions<L>): Histogram<L>;
}

/**
 * Makes the registry of one process, labelled with the service's name, with the customary `process_*` and
 * `nodejs_*` metrics in it (event loop lag, memory, garbage collection, handles) under their customary names.
 */
export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });

  const common = <L extends string>(options: MetricOptions<L>) => ({
    name: prefixed(options.name),
    help: options.help,
    labelNames: options.labelNames ?? [],
    registers: [registry],
  });
  return {
    registry,
    counter(options) {
      if (!options.name.endsWith('_total'))
        throw new TypeError(`a counter's name ends in _total: ${options.name}`);
      return new Counter(common(options));
    },
    gauge(options) {
      const collect = options.collect;
      return new Gauge(collect === undefined ? common(options) : { ...common(options), collect });
    },
    histogram: (options) =>
      new Histogram({ ...common(options), buckets: options.buckets ?? DURATION_BUCKETS_S }),
  };
}

function prefixed(name: string): string {
  if (!METRIC_NAME.test(name)) throw new TypeError(`a metric's name is in lower snake case: ${name}`);
  return name.startsWith(PREFIX) ? name : PREFIX + name;
}
