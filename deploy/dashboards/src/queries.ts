import { type MetricDefinition, SERVICE_METRICS } from '@nova-torch/metrics';
import * as promql from '@nova-torch/metrics/promql';

type LabelOf<M extends MetricDefinition> = M['labels'][number] | promql.TargetLabel;
type Counter = MetricDefinition<'counter'>;
type Gauge = MetricDefinition<'gauge'>;
type Histogram = MetricDefinition<'histogram'>;

/** Which series of a metric, and which of their labels to keep: all others are put together. */
export interface Selection<M extends MetricDefinition> {
  readonly by?: readonly LabelOf<M>[];
  readonly where?: promql.Where<LabelOf<M>>;
}

/** Functions that write one whole query each, over one window, of the series that meet one condition. */
export interface Queries {
  /** A second. */
  rate<M extends Counter>(metric: M, selection?: Selection<M>): string;
  /** Over the window; a fraction where Prometheus extrapolates. */
  increase<M extends Counter>(metric: M, selection?: Selection<M>): string;
  /** Observations a second. */
  observations<M extends Histogram>(metric: M, selection?: Selection<M>): string;
  /** The value that a share `q` (0 to 1) of the observations stays under, as exact as the buckets are. */
  quantile<M extends Histogram>(q: number, metric: M, selection?: Selection<M>): string;
  mean<M extends Histogram>(metric: M, selection?: Selection<M>): string;
  /** The share (0 to 1) of observations over a bound. Throws a RangeError unless it is the bound of a bucket. */
  shareOver<M extends Histogram>(bound: number, metric: M, selection?: Selection<M>): string;
  sum<M extends Gauge>(metric: M, selection?: Selection<M>): string;
  /** The largest; also the way to read what several instances export of one thing. */
  max<M extends Gauge | Counter>(metric: M, selection?: Selection<M>): string;
  min<M extends Gauge>(metric: M, selection?: Selection<M>): string;
  /**
   * Of what a query finds, that which is above 0, so that a legend names what happens and not all that might. Where
   * nothing does, a 0 with `none` as its `label`, provided that any service exports anything.
   */
  happening(query: string, label: string): string;
}

/** The queries over `window`, with `everywhere` as a condition on each series, e.g. the variables of a dashboard. */
export function queries(window: promql.Span, everywhere: promql.Where<never> = {}): Queries {
  type Loose<M extends MetricDefinition> = Selection<M> | undefined;
  const all = (selection: Loose<MetricDefinition>): promql.Where<string> => ({
    ...everywhere,
    ...selection?.where,
  });
  const text = ({ promql: expression }: promql.Vector): string => expression;
  const observations = (metric: Histogram, selection?: Loose<Histogram>): string =>
    text(promql.sum(promql.observations(metric, window, all(selection)), selection?.by));
  return {
    observations,
    rate: (metric: Counter, selection?: Loose<Counter>) =>
      text(promql.sum(promql.rate(metric, window, all(selection)), selection?.by)),
    increase: (metric: Counter, selection?: Loose<Counter>) =>
      text(promql.sum(promql.increase(metric, window, all(selection)), selection?.by)),
    quantile: (q, metric: Histogram, selection?: Loose<Histogram>) =>
      text(promql.quantile(q, metric, window, { by: selection?.by ?? [], where: all(selection) })),
    mean: (metric: Histogram, selection?: Loose<Histogram>) =>
      `${text(promql.sum(promql.observed(metric, window, all(selection)), selection?.by))} / ${observations(metric, selection)}`,
    shareOver(bound, metric: Histogram, selection?: Loose<Histogram>) {
      const whole = observations(metric, selection);
      const within = promql.observationsUpTo(bound, metric, window, all(selection));
      return share(`(${whole} - ${text(promql.sum(within, selection?.by))})`, whole);
    },
    sum: (metric: Gauge, selection?: Loose<Gauge>) =>
      text(promql.sum(promql.series(metric, all(selection)), selection?.by)),
    max: (metric: Gauge | Counter, selection?: Loose<Gauge | Counter>) =>
      text(promql.max(promql.series(metric, all(selection)), selection?.by)),
    min: (metric: Gauge, selection?: Loose<Gauge>) =>
      text(promql.min(promql.series(metric, all(selection)), selection?.by)),
    happening(query, label) {
      const anybody = text(promql.max(promql.series(SERVICE_METRICS.info, everywhere)));
      return `${query} > 0 or on () label_replace(0 * ${anybody}, "${label}", "none", "", "")`;
    },
  };
}

/**
 * A part of a whole, as 0 to 1, by the labels both have. It is 0 where there was nothing, and there is no value where
 * nobody exports the whole: silence is not success.
 */
export function share(part: string, whole: string): string {
  return `(${part} or 0 * ${whole}) / (${whole} > 0) or 0 * ${whole}`;
}
