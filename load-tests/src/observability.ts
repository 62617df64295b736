// pnpm bench:observability: what metrics, traces and logs cost, each against the same platform with none of them, on one
// broker and in one run.
import { scriptOptions, startTestBroker } from '@nova-torch/testing';
import { novaObserved, type Observed } from './contenders/nova-observed.ts';
import { median } from './contest.ts';
import { askBrokerFacts, print, RESULTS, writeReport } from './report.ts';
import { type Run, rounds } from './rounds.ts';

const { values } = scriptOptions({
  name: 'pnpm bench:observability',
  about: 'What metrics, traces and logs cost, each against the same platform with none of them.',
  options: {
    tasks: { about: 'tasks of a round', default: 20_000 },
    'warm-up': { about: 'tasks before those that count', default: 2_000 },
    rounds: { about: 'rounds, each with every variant', default: 5 },
    agents: { about: 'agents', default: 20 },
    only: { about: 'variants by name, comma-separated; default all' },
    out: { about: 'where the results go', default: RESULTS },
  },
});
const { tasks, 'warm-up': warmUp, rounds: count } = values;

const OFF = 'all off';
const NOTHING = { logLevel: 'error', metrics: false } as const;
const VARIANTS: readonly Observed[] = [
  { name: OFF, ...NOTHING },
  { ...NOTHING, name: 'metrics', metrics: true },
  { ...NOTHING, name: 'tracing 0', ratio: 0 },
  { ...NOTHING, name: 'tracing 0.01', ratio: 0.01 },
  { ...NOTHING, name: 'tracing 1', ratio: 1 },
  { ...NOTHING, name: 'logging info', logLevel: 'info' },
  { ...NOTHING, name: 'logging debug', logLevel: 'debug' },
];

/** Of all processes but the producer's and the collector's, which a platform does not pay for. */
const cpuOf = ({ cpu_us_per_task: cpu }: Run): number =>
  Object.entries(cpu)
    .filter(([name]) => name !== 'producer' && name !== 'collector')
    .reduce((sum, [, us]) => sum + us, 0);

interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

const numbersOf = (runs: readonly Run[]): number[] => [...new Set(runs.map(({ round }) => round))];

function runOf(runs: readonly Run[], name: string, number: number): Run {
  const found = runs.find(({ contender, round }) => contender === name && round === number);
  if (found === undefined) throw new Error(`round ${number} has no run of ${name}`);
  return found;
}

const spreadOf = (ratios: number[]): Spread => ({
  median: median(ratios),
  least: Math.min(...ratios),
  most: Math.max(...ratios),
});

const shown = ({ median: middle, least, most }: Spread): string =>
  `${middle.toFixed(3)} (${least.toFixed(2)} to ${most.toFixed(2)})`;

const wanted = values.only?.split(',');
const contenders = VARIANTS.filter(({ name }) => name === OFF || (wanted?.includes(name) ?? true)).map(
  (variant) => novaObserved(values.agents, variant),
);
const broker = await startTestBroker();
try {
  const facts = await askBrokerFacts(broker.url);
  const runs = await rounds(count, { contenders, url: broker.url, facts, tasks, warmUp });
  // Of two runs of one round, so that a drift of the machine counts for both.
  const ofOff = (name: string, figure: (run: Run) => number): number[] =>
    numbersOf(runs).map((number) => figure(runOf(runs, name, number)) / figure(runOf(runs, OFF, number)));
  const figures = contenders.map(({ name }) => ({
    name,
    rate_of_all_off: spreadOf(ofOff(name, ({ tasks_per_s }) => tasks_per_s)),
    cpu_of_all_off: spreadOf(ofOff(name, cpuOf)),
  }));
  print(
    '\n| variant | tasks/s of all off: median, least and most of a round | processor time per task of all off |',
  );
  print('| --- | ---: | ---: |');
  for (const { name, rate_of_all_off: rate, cpu_of_all_off: cpu } of figures)
    print(`| ${name} | ${shown(rate)} | ${shown(cpu)} |`);
  const file = writeReport('observability', facts, values.out, {
    settings: Object.fromEntries(contenders.map(({ name, settings }) => [name, settings])),
    ...{ rounds: count, tasks, warm_up: warmUp, figures, runs },
  });
  print(`\n${file}`);
  if (runs.some(({ exact }) => !exact)) throw new Error('a run was not exact: its figures are worth nothing');
} finally {
  await broker.stop();
}
