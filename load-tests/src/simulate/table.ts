import type { Compared, Comparison } from './compare.ts';
import { type Measures, pairedDifference, type Waiting } from './measures.ts';

const seconds = (value: number): string =>
  value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US');
const percent = (share: number): string => `${Math.round(100 * share)} %`;
const waited = ({ mean_s, p50_s, p99_s }: Waiting): string => [mean_s, p50_s, p99_s].map(seconds).join(' / ');

const COLUMNS: readonly (readonly [title: string, cell: (mean: Measures) => string])[] = [
  ['makespan (s)', ({ makespan_s }) => seconds(makespan_s)],
  ['waiting, mean / p50 / p99 (s)', ({ waiting }) => waited(waiting)],
  ['of critical ones', ({ waiting_by_priority: { critical } }) => waited(critical)],
  ['of low ones', ({ waiting_by_priority: { low } }) => waited(low)],
  ['slots used', ({ utilisation }) => percent(utilisation)],
  ['best skilled', ({ best_skilled }) => percent(best_skilled)],
  ['failed attempts per 100', ({ failed_attempts }) => failed_attempts.toFixed(1)],
  ['failed tasks per 100', ({ failed_tasks }) => failed_tasks.toFixed(2)],
  ['fairness', ({ fairness }) => fairness.toFixed(3)],
];

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** Its turnaround against that of the first strategy in the same worlds, with the standard error of the difference. */
function against(first: Compared | undefined, { by_seed }: Compared): string {
  if (first === undefined || first.by_seed === by_seed) return '';
  const { mean, error } = pairedDifference(
    first.by_seed.map(({ turnaround_s }) => turnaround_s),
    by_seed.map(({ turnaround_s }) => turnaround_s),
  );
  const signed = `${mean < 0 ? '−' : '+'}${(100 * Math.abs(mean)).toFixed(1)}`;
  return error === undefined ? `${signed} %` : `${signed} ± ${(100 * error).toFixed(1)} %`;
}

/** One scenario as a table in Markdown. */
export function tableOf({ scenario, seeds, bound, strategies }: Comparison): string {
  const { title, agents, tasks, load } = scenario;
  const [first] = strategies;
  const worlds = seeds.length === 1 ? `seed ${seeds[0]}` : `mean of seeds ${seeds[0]} to ${seeds.at(-1)}`;
  const heads = [
    '',
    'turnaround, mean (s)',
    `against ${first?.strategy ?? ''}`,
    ...COLUMNS.map(([head]) => head),
  ];
  const ofBound = [
    '*clairvoyant bound*',
    seconds(bound.mean.turnaround_s),
    '',
    seconds(bound.mean.makespan_s),
  ];
  return [
    `### ${title}`,
    '',
    `${agents.toLocaleString('en-US')} agents, ${tasks.toLocaleString('en-US')} tasks, load ${load}; ${worlds}`,
    '',
    line(heads),
    line(['---', ...heads.slice(1).map(() => '---:')]),
    ...strategies.map((one) =>
      line([
        one.strategy,
        seconds(one.mean.turnaround_s),
        against(first, one),
        ...COLUMNS.map(([, cell]) => cell(one.mean)),
      ]),
    ),
    line([...ofBound, ...heads.slice(ofBound.length).map(() => '')]),
  ].join('\n');
}
