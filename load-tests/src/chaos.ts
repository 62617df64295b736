// pnpm chaos: all services in replicas, agents and steady load through faults of every kind; then every promise is checked.
import { writeFileSync } from 'node:fs';
import { freshSeed, scriptOptions } from '@nova-torch/testing';
import { chooseFaults } from './chaos/faults.ts';
import { describeReport } from './chaos/print-report.ts';
import { runChaos } from './chaos/run-chaos.ts';
import { loadNow, machineFacts, print, RESULTS, writeReport } from './report.ts';

const { values } = scriptOptions({
  name: 'pnpm chaos',
  about:
    'All services in replicas, agents and steady load through faults of every kind; then every promise is checked.',
  options: {
    minutes: { about: 'how long', default: 1 },
    seed: { about: 'of the faults; default a new one' },
    replicas: { about: 'of each service', default: 3 },
    agents: { about: 'agents', default: 50 },
    'agents-per-host': { about: 'agents of one process', default: 5 },
    rate: { about: 'tasks submitted each second', default: 15 },
    every: { about: 'seconds between two faults, shortest and longest', default: '2,6' },
    faults: {
      about: 'kinds by the beginning of their names, comma-separated (agents-,net-cut), or none; default all',
    },
    history: { about: 'keep the whole history even if it holds', default: false },
    logs: { about: "a directory for the services' logs" },
    out: { about: 'where the results go', default: RESULTS },
  },
});
const seed = values.seed === undefined ? freshSeed() : Number(values.seed);
const [shortest = 2, longest = shortest] = values.every.split(',').map(Number);
const { cores, model, node } = machineFacts();
print(`${values.minutes} min, seed ${seed}, ${cores} × ${model}, Node ${node}, load before ${loadNow()}`);
const options = {
  seed,
  seconds: Math.round(values.minutes * 60),
  replicas: values.replicas,
  agents: values.agents,
  agentsPerHost: values['agents-per-host'],
  tasksPerSecond: values.rate,
  mix: chooseFaults(values.faults?.split(',')),
  faultEveryMs: [shortest * 1_000, longest * 1_000] as const,
  settleSeconds: 120,
};
const load_before = loadNow();
const { broker, events, ...report } = await runChaos({ ...options, log: print, logsTo: values.logs });
print('');
for (const line of describeReport(report)) print(line);
const file = writeReport('chaos', broker, values.out, { options, load_before, ...report });
print(`\n${file}`);
const { accepted } = report.history.counts;
const isEnough = accepted * 2 >= options.seconds * options.tasksPerSecond;
if (!isEnough) print(`Only ${accepted} tasks were accepted: too few to say anything of the platform.`);
if (!report.history.valid || values.history) {
  const kept = file.replace(/\.json$/, '.history.jsonl');
  writeFileSync(kept, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  print(`the whole history: ${kept}`);
}
// Node may spin at its end over sockets that the fault proxy has reset (seen twice); nothing is left to be done here.
process.exit(report.history.valid && isEnough ? 0 : 1);
