// Prometheus' text format, read as far as the tests need it.
export interface ExposedSeries {
  /** What follows the name of the metric: '', `_bucket`, `_sum` or `_count`. */
  readonly suffix: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ExposedMetric {
  readonly type: string;
  readonly help: string;
  readonly series: readonly ExposedSeries[];
}

/** Metrics by name. */
export type Exposition = ReadonlyMap<string, ExposedMetric>;

const SERIES = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Reads an answer of `/metrics`. Throws on a line that is none of the format. */
export function readExposition(text: string): Exposition {
  const metrics = new Map<string, { type: string; help: string; series: ExposedSeries[] }>();
  let name = '';
  for (const line of text.split('\n')) {
    const help = /^# HELP (\S+) (.*)$/.exec(line);
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (help !== null) {
      name = help[1] ?? '';
      metrics.set(name, { type: '', help: help[2] ?? '', series: [] });
    } else if (type !== null) {
      const metric = metrics.get(type[1] ?? '');
      if (metric !== undefined) metric.type = type[2] ?? '';
    } else if (line !== '') {
      const [, full = '', labels = '', value] = SERIES.exec(line) ?? [];
      if (!full.startsWith(name)) throw new Error(`not a line of ${name}: ${line}`);
      const pairs = [...labels.matchAll(LABEL)].map(([, label = '', of = '']) => [label, of]);
      metrics.get(name)?.series.push({
        suffix: full.slice(name.length),
        labels: Object.fromEntries(pairs) as Record<string, string>,
        value: Number(value),
      });
    }
  }
  return metrics;
}

/** The value of the series that has these labels, whatever else it has; undefined without one. */
export function seriesValue(
  exposition: Exposition,
  name: string,
  labels: Readonly<Record<string, string>> = {},
  suffix = '',
): number | undefined {
  const wanted = Object.entries(labels);
  return exposition
    .get(name)
    ?.series.find((one) => one.suffix === suffix && wanted.every(([label, of]) => one.labels[label] === of))
    ?.value;
}
