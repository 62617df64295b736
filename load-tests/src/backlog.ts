// pnpm bench:backlog: what a million waiting tasks cost, whom they hold up, and how long routers need to begin with them.

import { scriptOptions } from '@nova-torch/testing';
import {
  describeCost,
  describeCritical,
  describeExactness,
  describeMemory,
  describeThroughput,
  isExact,
} from './backlog/print-report.ts';
import { runBacklog } from './backlog/run-backlog.ts';
import { loadNow, machineFacts, print, RESULTS, writeReport } from './report.ts';

const GOALS = { bytes_per_task: 2_048, cold_start_ms: 5_000, critical_p99_ms: 20 };

const { values } = scriptOptions({
  name: 'pnpm bench:backlog',
  about:
    'What a million waiting tasks cost, whom they hold up, and how long routers need to begin with them.',
  options: {
    tasks: { about: 'tasks that wait', default: 1_000_000 },
    rounds: { about: 'rounds', default: 3 },
    measured: { about: 'tasks of one round of the comparison with and without a backlog', default: 20_000 },
    'warm-up': { about: 'tasks before those that count', default: 6_000 },
    critical: { about: 'critical tasks', default: 400 },
    'critical-per-second': { about: 'critical tasks a second', default: 20 },
    takeovers: { about: 'routers killed', default: 5 },
    routers: { about: 'routers', default: 3 },
    'busy-agents': { about: 'agents that work meanwhile', default: 8 },
    'work-ms': { about: 'how long they take for a task', default: 5 },
    retained: { about: 'ended tasks that are kept', default: 5_000 },
    out: { about: 'where the results go', default: RESULTS },
  },
});
const options = {
  tasks: values.tasks,
  rounds: values.rounds,
  measured: values.measured,
  warmUp: values['warm-up'],
  critical: values.critical,
  criticalPerSecond: values['critical-per-second'],
  takeovers: values.takeovers,
  routers: values.routers,
  busyAgents: values['busy-agents'],
  workMs: values['work-ms'],
  retained: values.retained,
};
const load_before = loadNow();
const { cores, model, node } = machineFacts();
print(`${options.tasks} tasks, ${cores} × ${model}, Node ${node}, load ${load_before}`);
const startedAt = performance.now();
const { broker, ...report } = await runBacklog({ ...options, log: print });
const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
const { cost, throughput, critical, memory, worked_off, exactness, cold_start_ms } = report;
const [first, last] = [worked_off[0], worked_off.at(-1)];
const lines = [
  `\n${broker.kind} ${broker.version} without persistence; the whole took ${minutes} min\n`,
  ...describeCost(cost, GOALS.bytes_per_task),
  '',
  ...describeThroughput(throughput.bare, throughput.behind, options.tasks),
  `worked off: ${first?.tasks_per_s} a second in the first tenth, ${last?.tasks_per_s} in the last\n`,
  ...describeCritical(
    [
      ['nothing waits, agents idle', critical.bare],
      [`behind ${options.tasks} low ones, every slot busy`, critical.behind],
    ],
    GOALS.critical_p99_ms,
  ),
  '',
  ...describeMemory(memory),
  '',
  `cold start: ${cold_start_ms} ms (goal ${GOALS.cold_start_ms}); takeovers: ${report.takeovers_ms.join(', ')} ms`,
  describeExactness(exactness),
];
for (const line of lines) print(line);
print(`\n${writeReport('backlog', broker, values.out, { options, goals: GOALS, load_before, ...report })}`);
const runs = [...throughput.bare, ...throughput.behind];
if (!isExact(exactness) || runs.some(({ exact }) => !exact))
  throw new Error('the run was not exact: its figures are worth nothing');
