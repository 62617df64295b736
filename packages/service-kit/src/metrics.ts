import type { MetricDefinition, MetricTable } from '@nova-torch/metrics';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What is made from one row of a table. */
export type MadeMetric<D> =
  D extends MetricDefinition<infer T, infer L>
    ? { counter: Counter<L>; gauge: Gauge<L>; histogram: Histogram<L> }[T]
    : never;

/** The metrics made from a table, under its keys. */
export type MadeMetrics<T extends MetricTable> = { readonly [K in keyof T]: MadeMetric<T[K]> };

/** One value of a gauge with labels. */
export type Series<L extends string> = readonly [labels: Readonly<Record<L, string>>, value: number];

/** The metrics of one process. */
export interface Metrics {
  readonly registry: Registry;
  /** False if nothing is collected: what is made then counts nothing and is not shown. */
  readonly enabled: boolean;
  /** Makes every metric of a table. Once per process: the same name a second time throws. */
  make<T extends MetricTable>(table: T): MadeMetrics<T>;
  /**
   * Has a gauge read its value each time the metrics are read. It is left out while the value is undefined or cannot
   * be read.
   */
  measure(gauge: Gauge<never>, value: () => number | undefined | Promise<number | undefined>): void;
  /** The same for a gauge with labels: all its series, each time. One that is not among them any more is gone. */
  measureEach<L extends string>(
    gauge: Gauge<L>,
    series: () => Iterable<Series<L>> | Promise<Iterable<Series<L>>>,
  ): void;
}

/**
 * Makes the registry of one process, labelled with the service's name, with the customary `process_*` and
 * `nodejs_*` metrics in it (event loop lag, memory, garbage collection, handles) under their customary names.
 */
export function createMetrics(service: string, { enabled = true } = {}): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  if (enabled) collectDefaultMetrics({ register: registry });
  const readers = new Map<string, () => Promise<void>>();

  const makeOne = ({ type, name, help, labels, buckets }: MetricDefinition) => {
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === 'counter') return new Counter(options);
    if (type === 'histogram') return new Histogram({ ...options, buckets: [...buckets] });
    return new Gauge({ ...options, collect: () => readers.get(name)?.() });
  };
  const read = <L extends string>(gauge: Gauge<L>, reader: () => Promise<void>, empty: () => void): void => {
    const { name } = gauge as unknown as { name: string };
    readers.set(name, () => reader().catch(empty));
  };
  return {
    registry,
    enabled,
    make<T extends MetricTable>(table: T) {
      const rows = Object.entries(table).map(([key, definition]) => {
        const metric = makeOne(definition);
        return [key, enabled ? metric : Object.assign(metric, SILENT)];
      });
      return Object.fromEntries(rows) as MadeMetrics<T>;
    },
    measure(gauge, value) {
      const empty = (): void => gauge.remove();
      const reader = async (): Promise<void> => {
        const measured = await value();
        if (measured === undefined) empty();
        else gauge.set(measured);
      };
      read(gauge, reader, empty);
    },
    measureEach(gauge, series) {
      const empty = (): void => gauge.reset();
      const reader = async (): Promise<void> => {
        const all = await series();
        empty();
        for (const [labels, value] of all) gauge.set(labels, value);
      };
      read(gauge, reader, empty);
    },
  };
}

/** Makes series that are known beforehand start at 0: an increase from nothing to 1 is invisible to a query. */
export function startAtZero<L extends string>(
  metric: Counter<L> | Histogram<L>,
  series: Iterable<Readonly<Record<L, string>>>,
): void {
  for (const labels of series) {
    if (metric instanceof Counter) metric.inc(labels, 0);
    else metric.zero(labels);
  }
}

const nothing = (): void => undefined;

/** What takes the place of the recording methods where nothing is collected. */
const SILENT = {
  inc: nothing,
  dec: nothing,
  set: nothing,
  observe: nothing,
  zero: nothing,
  startTimer: () => () => 0,
};
