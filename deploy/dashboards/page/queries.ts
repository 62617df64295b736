import { substitute } from '../src/substitute.ts';
import type { Line, Panel, Settings } from './dashboard.ts';

interface Found {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

/** Times a panel has a value at, in Unix seconds. */
export function timesOf({ start, end }: Settings): number[] {
  const step = stepOf({ start, end });
  return Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, index) => start + index * step);
}

const stepOf = ({ start, end }: Pick<Settings, 'start' | 'end'>): number =>
  Math.max(1, Math.round((end - start) / 240));

/** What the queries of a panel find, one line for each series. */
export async function ask(panel: Panel, settings: Settings): Promise<Line[]> {
  const times = timesOf(settings);
  const found = await Promise.all(
    (panel.targets ?? []).map(async ({ expr, legendFormat }) => {
      const series = await askOne(substitute(expr, settings.window), settings);
      return series.map(({ metric, values }): Line => {
        const valueAt = new Map(values.map(([at, value]) => [Math.round(at * 1_000), Number(value)]));
        return {
          name: legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? ''),
          values: times.map((time) => {
            const value = valueAt.get(Math.round(time * 1_000));
            return value === undefined || !Number.isFinite(value) ? null : value;
          }),
        };
      });
    }),
  );
  return found.flat().filter(({ values }) => values.some((value) => value !== null));
}

async function askOne(query: string, { start, end }: Settings): Promise<Found[]> {
  const step = stepOf({ start, end });
  const body = new URLSearchParams({ query, start: String(start), end: String(end), step: String(step) });
  const answer = await fetch('/api/v1/query_range', { method: 'POST', body });
  const { data, error } = (await answer.json()) as { data?: { result: Found[] }; error?: string };
  if (data === undefined) throw new Error(`${error}: ${query}`);
  return data.result;
}
