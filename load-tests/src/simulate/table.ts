import type { Comparison } from './compare.ts';
import type { Measures, Waiting } from './measures.ts';

const seconds = (value: number): string =>
  value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US');
const percent = (share: number): string => `${Math.round(100 * share)} %`;
const waited = ({ mean_s, p50_s, p99_s }: Waiting): string => [mean_s, p50_s, p99_s].map(seconds).join(' / ');

const HEAD =
  '| | makespan (s) | turnaround, mean (s) | waiting, mean / p50 / p99 (s) | critical | low | slots used | best skilled | failed attempts per 100 tasks | fairness |\n' +
  '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |';

function row(strategy: string, measures: Measures): string {
  const { waiting_by_priority: by } = measures;
  const cells = [
    seconds(measures.makespan_s),
    seconds(measures.turnaround_s),
    waited(measures.waiting),
    waited(by.critical),
    waited(by.low),
    percent(measures.utilisation),
    percent(measures.best_skilled),
    measures.failed_attempts.toFixed(1),
    measures.fairness.toFixed(3),
  ];
  return `| ${strategy} | ${cells.join(' | ')} |`;
}

/** One scenario as a table in Markdown. */
export function tableOf({ scenario, seeds, bound, strategies }: Comparison): string {
  const { title, agents, tasks, load } = scenario;
  const worlds = seeds.length === 1 ? `seed ${seeds[0]}` : `mean of seeds ${seeds[0]} to ${seeds.at(-1)}`;
  const tasksText = tasks.toLocaleString('en-US');
  return [
    `### ${title}`,
    '',
    `${agents.toLocaleString('en-US')} agents, ${tasksText} tasks, load ${load}; ${worlds}`,
    '',
    HEAD,
    ...strategies.map(({ strategy, mean }) => row(strategy, mean)),
    `| *clairvoyant bound* | ${seconds(bound.mean.makespan_s)} | ${seconds(bound.mean.turnaround_s)} | | | | | | | |`,
  ].join('\n');
}
