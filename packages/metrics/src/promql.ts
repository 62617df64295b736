// PromQL made from the metric tables: a metric that is renamed, or a label it does not have, does not compile.
import type { MetricDefinition, MetricType } from './definition.ts';

/**
 * Labels that every series has besides those of its table: `service` comes with it; Prometheus adds where it was
 * scraped, `component` being the service by the name Prometheus found it under.
 */
export type TargetLabel = 'service' | 'instance' | 'job' | 'component';

/** A span of time as PromQL writes it, or the one Grafana chooses for a panel. */
export type Span = `${number}${'s' | 'm' | 'h' | 'd'}` | '$__rate_interval';

/** An expression, and the labels its series may have. */
export interface Vector<out L extends string = string> {
  readonly promql: string;
  /** How tightly its outermost operator binds; without one, tighter than any. */
  readonly binds?: number;
  /** Only for the type checker. */
  readonly labels?: L;
}

/** What a label must be: this text, or anything but it; what a pattern matches whole, or anything but that. */
export type Match =
  | string
  | { readonly not: string }
  | { readonly pattern: string }
  | { readonly notPattern: string };

/** Conditions on the labels of a metric; all must hold. */
export type Where<L extends string> = { readonly [K in L | TargetLabel]?: Match };

type Plain<L extends string> = MetricDefinition<'counter' | 'gauge', L>;

const vector = <L extends string>(promql: string): Vector<L> => ({ promql });

function matcher([label, match]: [string, Match]): string {
  if (typeof match === 'string') return `${label}=${JSON.stringify(match)}`;
  if ('not' in match) return `${label}!=${JSON.stringify(match.not)}`;
  return 'pattern' in match
    ? `${label}=~${JSON.stringify(match.pattern)}`
    : `${label}!~${JSON.stringify(match.notPattern)}`;
}

function selector(name: string, where: object): string {
  const matchers = Object.entries(where as Record<string, Match>).map(matcher);
  return matchers.length === 0 ? name : `${name}{${matchers.join(',')}}`;
}

/** The series of a counter or gauge as they are. */
export function series<L extends string>(
  metric: Plain<L>,
  where: Where<NoInfer<L>> = {},
): Vector<L | TargetLabel> {
  return vector(selector(metric.name, where));
}

/** One series with value 1 when the metric has none that fits, else nothing. Its labels are the texts asked for. */
export function absent<L extends string>(
  metric: Plain<L>,
  where: Where<NoInfer<L>> = {},
): Vector<L | TargetLabel> {
  return vector(`absent(${selector(metric.name, where)})`);
}

/** Whether Prometheus reached its targets: 1 or 0 each. Not one of our metrics: Prometheus makes it. */
export function up(where: Where<never> = {}): Vector<TargetLabel> {
  return vector(selector('up', where));
}

/** What a recording rule of this name holds. */
export function recorded(name: `nova_torch:${string}`): Vector<never> {
  return vector(name);
}

function over(name: string, metric: MetricDefinition, window: Span, where: object) {
  return `${name}(${selector(metric.name, where)}[${window}])`;
}

/** How much a counter rises a second, on average over the window. */
export function rate<L extends string>(
  metric: MetricDefinition<'counter', L>,
  window: Span,
  where: Where<NoInfer<L>> = {},
): Vector<L | TargetLabel> {
  return vector(over('rate', metric, window, where));
}

/** How much a counter rose within the window. */
export function increase<L extends string>(
  metric: MetricDefinition<'counter', L>,
  window: Span,
  where: Where<NoInfer<L>> = {},
): Vector<L | TargetLabel> {
  return vector(over('increase', metric, window, where));
}

/** How much a gauge changed within the window. */
export function delta<L extends string>(
  metric: MetricDefinition<'gauge', L>,
  window: Span,
  where: Where<NoInfer<L>> = {},
): Vector<L | TargetLabel> {
  return vector(over('delta', metric, window, where));
}

/** What a gauge will be after so many seconds if it goes on as it did within the window. */
export function predicted<L extends string>(
  metric: MetricDefinition<'gauge', L>,
  window: Span,
  aheadS: number,
  where: Where<NoInfer<L>> = {},
): Vector<L | TargetLabel> {
  return vector(`predict_linear(${selector(metric.name, where)}[${window}], ${aheadS})`);
}

/** The quantile (0 to 1) of what a histogram observed within the window, for each combination of the labels in `by`. */
export function quantile<L extends string, const B extends L | TargetLabel = never>(
  q: number,
  metric: MetricDefinition<'histogram', L>,
  window: Span,
  { by = [], where = {} }: { by?: readonly B[]; where?: Where<NoInfer<L>> } = {},
): Vector<B> {
  const buckets = `rate(${selector(`${metric.name}_bucket`, where)}[${window}])`;
  return vector(`histogram_quantile(${q}, sum by (${['le', ...by].join(', ')}) (${buckets}))`);
}

/** Observations of a histogram a second, on average over the window. */
export function observations<L extends string>(
  metric: MetricDefinition<'histogram', L>,
  window: Span,
  where: Where<NoInfer<L>> = {},
): Vector<L | TargetLabel> {
  return vector(`rate(${selector(`${metric.name}_count`, where)}[${window}])`);
}

/** The same of those up to a bound. Throws a RangeError unless it is the bound of a bucket. */
export function observationsUpTo<L extends string>(
  bound: number,
  metric: MetricDefinition<'histogram', L>,
  window: Span,
  where: Where<NoInfer<L>> = {},
): Vector<L | TargetLabel> {
  if (!metric.buckets.includes(bound)) throw new RangeError(`${metric.name} has no bucket up to ${bound}`);
  return vector(`rate(${selector(`${metric.name}_bucket`, { ...where, le: String(bound) })}[${window}])`);
}

/** What the observations of a histogram add up to a second, on average over the window. */
export function observed<L extends string>(
  metric: MetricDefinition<'histogram', L>,
  window: Span,
  where: Where<NoInfer<L>> = {},
): Vector<L | TargetLabel> {
  return vector(`rate(${selector(`${metric.name}_sum`, where)}[${window}])`);
}

type Aggregate = <L extends string, const B extends NoInfer<L> = never>(
  of: Vector<L>,
  by?: readonly B[],
) => Vector<B>;

const aggregate =
  (name: string): Aggregate =>
  (of, by = []) =>
    vector(by.length === 0 ? `${name}(${of.promql})` : `${name} by (${by.join(', ')}) (${of.promql})`);

/** The sum, the largest, the smallest: one series for each combination of the labels in `by`. */
export const sum = aggregate('sum');
export const max = aggregate('max');
export const min = aggregate('min');

/** The series without their sign. */
export const magnitude = <L extends string>(of: Vector<L>): Vector<L> => vector(`abs(${of.promql})`);

const BINDS = { or: 1, and: 2, '>': 3, '>=': 3, '<': 3, '==': 3, '+': 4, '/': 5 } as const;

/** Joins operands by an operator, those of a weaker one in parentheses. */
function join<L extends string>(operator: keyof typeof BINDS, operands: readonly Vector<L>[]): Vector<L> {
  const own = BINDS[operator];
  const [first, ...rest] = operands.map(({ promql, binds = 9 }) => (binds < own ? `(${promql})` : promql));
  if (rest.length === 0) return vector(first ?? '');
  return { promql: [first, ...rest].join(` ${operator} `), binds: own };
}

const compare =
  (operator: '>' | '>=' | '<' | '==') =>
  <L extends string>(of: Vector<L>, bound: number): Vector<L> =>
    join(operator, [of, vector(String(bound))]);

/** Those series whose value is above, below or exactly the bound. */
export const above = compare('>');
export const atLeast = compare('>=');
export const below = compare('<');
export const equal = compare('==');

/** One by the other, between series with the same labels. */
export const divide = <L extends string>(a: Vector<L>, b: Vector<L>): Vector<L> => join('/', [a, b]);

/** Both added up, between series with the same labels. */
export const plus = <L extends string>(a: Vector<L>, b: Vector<L>): Vector<L> => join('+', [a, b]);

/** The series of the first for which each other one has one with the same labels. */
export const and = <L extends string>(...all: readonly Vector<L>[]): Vector<L> => join('and', all);

/** The series of all; of those with the same labels, that of the first. */
export const or = <L extends string>(...all: readonly Vector<L>[]): Vector<L> => join('or', all);

/** The name of a metric with labels, as exposition formats and tests of rules write a series. */
export function seriesName<L extends string>(
  metric: MetricDefinition<Exclude<MetricType, 'histogram'>, L>,
  labels: { readonly [K in NoInfer<L> | TargetLabel]?: string } = {},
): string {
  return selector(metric.name, labels);
}
