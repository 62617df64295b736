// pnpm bench:backlog: what a million waiting tasks cost, whom they hold up, and how long routers need to begin with them.
import { parseArgs } from 'node:util';
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

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    /** Tasks of one round of the comparison with and without a backlog. */
    measured: { type: 'string', default: '20000' },
    'warm-up': { type: 'string', default: '6000' },
    critical: { type: 'string', default: '400' },
    'critical-per-second': { type: 'string', default: '20' },
    takeovers: { type: 'string', default: '5' },
    routers: { type: 'string', default: '3' },
    'busy-agents': { type: 'string', default: '8' },
    'work-ms': { type: 'string', default: '5' },
    retained: { type: 'string', default: '5000' },
    out: { type: 'string', default: RESULTS },
  },
});
const options = {
  tasks: Number(values.tasks),
  rounds: Number(values.rounds),
  measured: Number(values.measured),
  warmUp: Number(values['warm-up']),
  critical: Number(values.critical),
  criticalPerSecond: Number(values['critical-per-second']),
  takeovers: Number(values.takeovers),
  routers: Number(values.routers),
  busyAgents: Number(values['busy-agents']),
  workMs: Number(values['work-ms']),
  retained: Number(values.retained),
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
