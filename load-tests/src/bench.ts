// pnpm bench: tasks per second from submission to stored end, beside BullMQ and the raw floor, on one broker and in one run.
import { Durability } from '@nova-torch/protocol';
import { scriptOptions, startTestBroker } from '@nova-torch/testing';
import { bullmq } from './contenders/bullmq.ts';
import { floor } from './contenders/floor.ts';
import { nova } from './contenders/nova.ts';
import { novaOverHttp } from './contenders/nova-http.ts';
import { median } from './contest.ts';
import { askBrokerFacts, print, RESULTS, writeReport } from './report.ts';
import { rounds } from './rounds.ts';

const { values } = scriptOptions({
  name: 'pnpm bench',
  about: 'Tasks per second from submission to stored end, beside BullMQ and the raw floor.',
  options: {
    tasks: { about: 'tasks of a round', default: 20_000 },
    'warm-up': { about: 'tasks before those that count', default: 2_000 },
    rounds: { about: 'rounds, each with every contender', default: 5 },
    'bullmq-bulk': { about: 'jobs BullMQ adds at once', default: 1_000 },
    'bullmq-concurrency': { about: 'jobs its Worker runs at the same time', default: 100 },
    'bullmq-workers': { about: 'its worker processes', default: 1 },
    agents: { about: 'agents of Nova-Torch', default: 20 },
    'http-batch': { about: 'tasks of one POST /v1/tasks/batch', default: 500 },
    'http-at-once': { about: 'requests open at the same time', default: 4 },
    'http-durability': { about: 'journal or memory', default: 'journal' },
    only: { about: 'contenders by name, comma-separated; default all' },
    out: { about: 'where the results go', default: RESULTS },
  },
});
const { tasks, 'warm-up': warmUp, rounds: count } = values;

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
    bulk: values['bullmq-bulk'],
    concurrency: values['bullmq-concurrency'],
    workers: values['bullmq-workers'],
  }),
  nova(values.agents),
  novaOverHttp({
    agents: values.agents,
    batch: values['http-batch'],
    atOnce: values['http-at-once'],
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
