// pnpm bench:fleet: the run the plans name. A hundred agents, a thousand tasks a minute, all services on this machine.
import { totalmem } from 'node:os';
import { scriptOptions } from '@nova-torch/testing';
import { median } from './contest.ts';
import { type FleetReport, runFleet } from './fleet/run-fleet.ts';
import { loadNow, machineFacts, print, RESULTS, writeReport } from './report.ts';
import type { Usage } from './usage.ts';

/** The plans' goals: assignment in ms, the others shares. */
const GOALS = { assignment_p99_ms: 100, completed: 0.98, processor: 0.8, memory: 0.7 };
const MIB = 2 ** 20;

const { values } = scriptOptions({
  name: 'pnpm bench:fleet',
  about: 'A hundred agents, a thousand tasks a minute, all services on this machine.',
  options: {
    minutes: { about: 'how long', default: 10 },
    agents: { about: 'agents', default: 100 },
    'tasks-per-minute': { about: 'tasks submitted a minute', default: 1_000 },
    'work-ms': { about: 'how long a task takes on average', default: 4_000 },
    out: { about: 'where the results go', default: RESULTS },
  },
});
const options = {
  minutes: values.minutes,
  agents: values.agents,
  tasksPerMinute: values['tasks-per-minute'],
  workMs: values['work-ms'],
};
const { cores, model, node } = machineFacts();

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const verdict = (isReached: boolean): string => (isReached ? 'yes' : '**not reached**');

/** Of all cores, and of the machine's memory; each process with its largest memory, shared pages in each. */
function sharesOf(usage: Readonly<Record<string, Usage>>) {
  const all = Object.values(usage);
  const cpu = all.reduce((sum, { cpu_percent }) => sum + cpu_percent, 0);
  const mib = all.reduce((sum, { memory_mib_max }) => sum + memory_mib_max, 0);
  return { processor: cpu / 100 / cores, memory: (mib * MIB) / totalmem() };
}

/** Tasks completed by an agent in an hour: by all agents of the fleet, and by those that did least and most. */
function autonomyOf({ completed, seconds, tasks_of_agents: tasks }: FleetReport) {
  const hours = seconds / 3_600;
  const perHour = (count: number): number => Math.round((count / hours) * 10) / 10;
  return {
    mean: perHour(completed / options.agents),
    least: tasks.length < options.agents ? 0 : perHour(tasks[0] ?? 0),
    median: perHour(tasks.length === 0 ? 0 : median(tasks)),
    most: perHour(tasks.at(-1) ?? 0),
  };
}

print(
  `${options.agents} agents, ${options.tasksPerMinute} tasks a minute for ${options.minutes} min, ` +
    `${cores} × ${model}, Node ${node}, load ${loadNow()}`,
);
const load_before = loadNow();
const report = await runFleet(options);
const { broker, assignment, answer, usage, ...counted } = report;
const { submitted, accepted, completed, begun, begun_distinct, left_for_people } = counted;
const [took, answered] = [assignment.summary, answer.summary];
const shares = { completed: completed / submitted, ...sharesOf(usage) };
const autonomy = autonomyOf(report);
const lines = [
  `${broker.kind} ${broker.version} without persistence\n`,
  '| what | found | goal |\n| --- | ---: | --- |',
  `| submit → agent has it, p50 / p99 / max (ms) | ${took.p50.toFixed(0)} / ${took.p99.toFixed(0)} / ${took.max.toFixed(0)} | p99 < ${GOALS.assignment_p99_ms}: ${verdict(took.p99 < GOALS.assignment_p99_ms)} |`,
  `| \`POST /v1/tasks\` answered, p50 / p99 (ms) | ${answered.p50.toFixed(1)} / ${answered.p99.toFixed(1)} | |`,
  `| completed, of ${submitted} submitted (${accepted} accepted) | ${completed}: ${percent(shares.completed)} | > ${percent(GOALS.completed)}: ${verdict(shares.completed > GOALS.completed)} |`,
  `| begun, of these again | ${begun}, ${begun - begun_distinct} | |`,
  `| processor, of ${cores} cores, everything of the run | ${percent(shares.processor)} | < ${percent(GOALS.processor)}: ${verdict(shares.processor < GOALS.processor)} |`,
  `| memory, of the machine's | ${percent(shares.memory)} | < ${percent(GOALS.memory)}: ${verdict(shares.memory < GOALS.memory)} |`,
  `| tasks completed per agent and hour: mean (least, median, most) | ${autonomy.mean} (${autonomy.least}, ${autonomy.median}, ${autonomy.most}) | |`,
  `| agents that got a task | ${counted.tasks_of_agents.length} of ${options.agents} | |`,
  `| left for people: failed tasks and dead letters | ${left_for_people} | |`,
  '\n| process | of one core | memory, largest, MiB | at the end |\n| --- | ---: | ---: | ---: |',
  ...Object.entries(usage).map(
    ([name, { cpu_percent, memory_mib_max, memory_mib_last }]) =>
      `| ${name} | ${cpu_percent} % | ${memory_mib_max} | ${memory_mib_last} |`,
  ),
];
for (const line of lines) print(line);
const raw = { assignment_raw_ms: assignment.values, answer_raw_ms: answer.values };
const summed = { assignment_ms: took, answer_ms: answered, shares, autonomy };
const file = writeReport('fleet', broker, values.out, {
  ...{ options, goals: GOALS, load_before, ...counted, ...summed, usage, ...raw },
});
print(`\n${file}`);
const isExact = accepted === submitted && begun === begun_distinct && completed === submitted;
print(
  isExact ? 'exact: each task was accepted, begun once and completed' : 'not exact: see the counts above',
);
if (shares.completed <= GOALS.completed) process.exitCode = 1;
