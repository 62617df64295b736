// pnpm bench: tasks per second from submission to stored end, beside BullMQ and the raw floor, on one broker and in one run.
import { parseArgs } from 'node:util';
import { Durability } from '@nova-torch/protocol';
import { startTestBroker } from '@nova-torch/testing';
import { bullmq } from './contenders/bullmq.ts';
import { floor } from './contenders/floor.ts';
import { nova } from './contenders/nova.ts';
import { novaOverHttp } from './contenders/nova-http.ts';
import { median } from './contest.ts';
import { askBrokerFacts, print, RESULTS, writeReport } from './report.ts';
import { rounds } from './rounds.ts';

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '20000' },
    'warm-up': { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '5' },
    'bullmq-bulk': { type: 'string', default: '1000' },
    'bullmq-concurrency': { type: 'string', default: '100' },
    'bullmq-workers': { type: 'string', default: '1' },
    agents: { type: 'string', default: '20' },
    'http-batch': { type: 'string', default: '500' },
    'http-at-once': { type: 'string', default: '4' },
    'http-durability': { type: 'string', default: 'journal' },
    /** Contenders to measure, by name, comma-separated; default all. */
    only: { type: 'string' },
    out: { type: 'string', default: RESULTS },
  },
});
const [tasks, warmUp, count] = [Number(values.tasks), Number(values['warm-up']), Number(values.rounds)];

function table(medians: ReadonlyMap<string, number>): void {
  const ratio = (value: number, to: string, digits: number) =>
    (value / (medians.get(to) ?? Number.NaN)).toFixed(digits);
  print('\n| contender | tasks/s, median | of BullMQ | of the floor |\n| --- | ---: | ---: | ---: |');
  for (const [name, value] of medians) {
    print(`| ${name} | ${value.toFixed(0)} | ${ratio(value, 'BullMQ', 2)} | ${ratio(value, 'floor', 3)} |`);
  }
}

const contenders = [
  floor,
  bullmq({
    bulk: Number(values['bullmq-bulk']),
    concurrency: Number(values['bullmq-concurrency']),
    workers: Number(values['bullmq-workers']),
  }),
  nova(Number(values.agents)),
  novaOverHttp({
    agents: Number(values.agents),
    batch: Number(values['http-batch']),
    atOnce: Number(values['http-at-once']),
    durability: Durability.parse(values['http-durability']),
  }),
].filter(({ name }) => values.only === undefined || values.only.split(',').includes(name));
const broker = await startTestBroker();
try {
  const facts = await askBrokerFacts(broker.url);
  const runs = await rounds(count, { contenders, url: broker.url, facts, tasks, warmUp });
  const of = (name: string) => runs.filter((run) => run.contender === name);
  const medians = new Map(
    contenders.map(({ name }) => [name, median(of(name).map((run) => run.tasks_per_s))]),
  );
  table(medians);
  const file = writeReport('throughput', facts, values.out, {
    settings: Object.fromEntries(contenders.map(({ name, settings }) => [name, settings])),
    rounds: count,
    tasks,
    warm_up: warmUp,
    medians: Object.fromEntries(medians),
    runs,
  });
  print(`\n${file}`);
  if (runs.some(({ exact }) => !exact)) throw new Error('a run was not exact: its figures are worth nothing');
} finally {
  await broker.stop();
}
