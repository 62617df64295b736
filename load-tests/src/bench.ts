// pnpm bench: tasks per second from submission to stored end, beside BullMQ and the raw floor, on one broker and in one run.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openBroker } from '@nova-torch/streams';
import { startTestBroker } from '@nova-torch/testing';
import { bullmq } from './contenders/bullmq.ts';
import { floor } from './contenders/floor.ts';
import { nova } from './contenders/nova.ts';
import { type Contender, type Measured, measure, median } from './contest.ts';

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '20000' },
    'warm-up': { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '5' },
    concurrency: { type: 'string', default: '100' },
    agents: { type: 'string', default: '20' },
    only: { type: 'string' },
    out: { type: 'string', default: join(import.meta.dirname, '../results') },
  },
});
const [tasks, warmUp, rounds] = [Number(values.tasks), Number(values['warm-up']), Number(values.rounds)];
const print = (line: string) => void process.stdout.write(`${line}\n`);

async function round(contenders: readonly Contender[], brokerUrl: string, number: number): Promise<Measured[]> {
  const measured: Measured[] = [];
  // Every other round in the opposite order, so that a drift of the machine favours nobody.
  for (const contender of number % 2 === 0 ? contenders : contenders.toReversed()) {
    const broker = await openBroker({ url: brokerUrl, name: 'bench' });
    await broker.call('FLUSHALL');
    await broker.close();
    const one = await measure(contender, brokerUrl, tasks, warmUp);
    print(`  round ${number + 1}  ${one.contender.padEnd(8)} ${one.tasks_per_s.toFixed(0).padStart(8)} tasks/s  ${one.exact ? 'exact' : `NOT EXACT ${JSON.stringify(one.tally)}`}`);
    measured.push(one);
  }
  return measured;
}

const contenders = [floor, bullmq(Number(values.concurrency)), nova(Number(values.agents))].filter(
  ({ name }) => values.only === undefined || name === values.only,
);
const broker = await startTestBroker();
try {
  const probe = await openBroker({ url: broker.url, name: 'bench' });
  const { kind, version } = probe.status();
  await probe.close();
  print(`${kind} ${version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}`);
  for (const { name, settings } of contenders) print(`  ${name}: ${settings}`);
  const runs: Measured[] = [];
  for (let number = 0; number < rounds; number += 1) runs.push(...(await round(contenders, broker.url, number)));

  const medians = new Map(
    contenders.map(({ name }) => [name, median(runs.filter((run) => run.contender === name).map((run) => run.tasks_per_s))]),
  );
  const [own, peer, bare] = ['Nova-Torch', 'BullMQ', 'floor'].map((name) => medians.get(name) ?? Number.NaN);
  print('\n| contender | tasks/s, median | of BullMQ | of the floor |\n| --- | ---: | ---: | ---: |');
  for (const [name, value] of medians) {
    print(`| ${name} | ${value.toFixed(0)} | ${(value / (peer ?? Number.NaN)).toFixed(2)} | ${(value / (bare ?? Number.NaN)).toFixed(3)} |`);
  }
  mkdirSync(values.out, { recursive: true });
  const file = join(values.out, `throughput-${kind}-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.json`);
  const report = {
    command: `pnpm bench ${process.argv.slice(2).join(' ')}`.trim(),
    broker: { kind, version, persistence: 'none' },
    machine: { cores: cpus().length, model: cpus()[0]?.model, memory_gib: Math.round(totalmem() / 2 ** 30), node: process.version },
    settings: Object.fromEntries(contenders.map(({ name, settings }) => [name, settings])),
    rounds,
    tasks,
    warm_up: warmUp,
    medians: Object.fromEntries(medians),
    ratios: { to_bullmq: (own ?? Number.NaN) / (peer ?? Number.NaN), to_floor: (own ?? Number.NaN) / (bare ?? Number.NaN) },
    runs,
  };
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  print(`\n${file}`);
  if (runs.some(({ exact }) => !exact)) throw new Error('a run was not exact: its figures are worth nothing');
} finally {
  await broker.stop();
}
