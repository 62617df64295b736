// pnpm bench:observability: what metrics, traces and logs cost, each against the same platform with none of them, on one
// broker and in one run.
import { parseArgs } from 'node:util';
import { startTestBroker } from '@nova-torch/testing';
import { novaObserved, type Observed } from './contenders/nova-observed.ts';
import { median } from './contest.ts';
import { askBrokerFacts, print, RESULTS, writeReport } from './report.ts';
import { type Run, rounds } from './rounds.ts';

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '20000' },
    'warm-up': { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '5' },
    agents: { type: 'string', default: '20' },
    out: { type: 'string', default: RESULTS },
  },
});
const [tasks, warmUp, count] = [Number(values.tasks), Number(values['warm-up']), Number(values.rounds)];

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

const contenders = VARIANTS.map((variant) => novaObserved(Number(values.agents), variant));
const broker = await startTestBroker();
try {
  const facts = await askBrokerFacts(broker.url);
  const runs = await rounds(count, { contenders, url: broker.url, facts, tasks, warmUp });
  const medianOf = (name: string, figure: (run: Run) => number): number =>
    median(runs.filter(({ contender }) => contender === name).map(figure));
  const figures = contenders.map(({ name }) => ({
    name,
    tasks_per_s: medianOf(name, ({ tasks_per_s }) => tasks_per_s),
    cpu_us_per_task: medianOf(name, cpuOf),
  }));
  const [off] = figures;
  print('\n| variant | tasks/s, median | of all off | processor µs per task, median | of all off |');
  print('| --- | ---: | ---: | ---: | ---: |');
  for (const { name, tasks_per_s: rate, cpu_us_per_task: cpu } of figures) {
    const ratios = [rate / (off?.tasks_per_s ?? Number.NaN), cpu / (off?.cpu_us_per_task ?? Number.NaN)];
    const [ofRate, ofCpu] = ratios.map((ratio) => ratio.toFixed(3));
    print(`| ${name} | ${rate.toFixed(0)} | ${ofRate} | ${cpu.toFixed(0)} | ${ofCpu} |`);
  }
  const file = writeReport('observability', facts, values.out, {
    settings: Object.fromEntries(contenders.map(({ name, settings }) => [name, settings])),
    ...{ rounds: count, tasks, warm_up: warmUp, figures, runs },
  });
  print(`\n${file}`);
  if (runs.some(({ exact }) => !exact)) throw new Error('a run was not exact: its figures are worth nothing');
} finally {
  await broker.stop();
}
