// pnpm bench:assignment: what assigning tasks together gains over giving each in turn the best agent that is still free,
// beside the best of all assignments where those can be counted, and what it costs. The pure code alone: no broker.
import { AgentRecord, newAgentId, newTaskId, TaskSpec, type TaskSpecInput } from '@nova-torch/protocol';
import {
  AgentIndex,
  AssignmentPlan,
  assignBatch,
  classOf,
  DEFAULT_ROUTING,
  demandOf,
  HeldTasks,
  type IndexedAgent,
  RestingAgents,
  type Routing,
  rankAgents,
  slotStep,
  type TaskRecord,
  wantedOf,
} from '@nova-torch/task-router';
import { scriptOptions } from '@nova-torch/testing';
import { numbersFrom } from './numbers.ts';
import { loadNow, print, RESULTS, writeReport } from './report.ts';

const { values } = scriptOptions({
  name: 'pnpm bench:assignment',
  about:
    'What assigning tasks together gains over giving each in turn the best free agent. The pure code alone.',
  options: {
    cases: { about: 'random fleets and queues', default: 2_000 },
    rounds: { about: 'rounds of timing', default: 5 },
    out: { about: 'where the results go', default: RESULTS },
  },
});
const rounds = values.rounds;
const NOW_MS = 1_763_683_200_000;
/** Options of a task in a batch, as the router takes them. */
const OPTIONS_MAX = 16;
const SKILLS = ['a', 'b', 'c', 'd', 'e', 'f'];

/** Draws one of a row in which each is half as likely as the one before: the last ones are rare. */
function drawSkill(next: () => number): string {
  let at = 0;
  while (at < SKILLS.length - 1 && next() < 0.5) at += 1;
  return SKILLS[at] ?? 'a';
}

interface Fleet {
  readonly tasks: number;
  readonly agents: number;
  readonly capacity: number;
}

function agentOf(next: () => number, capacity: number): AgentRecord {
  const names = new Set(Array.from({ length: 1 + Math.floor(next() * 3) }, () => drawSkill(next)));
  return AgentRecord.parse({
    ...{ agent_id: newAgentId(0, NOW_MS), role: 'developer', status: 'idle', capacity },
    skills: [...names].map((name) => ({ name, level: 0.2 + 0.8 * next() })),
    ...{ last_heartbeat: 0, current_tasks: [], host: 'here', transport: 'streams', pool: 'default' },
    ...{ labels: {}, registered_at: 0, version: 1 },
    performance: {
      tasks_completed: Math.floor(next() * 200),
      success_rate: 0.5 + next() / 2,
      avg_completion_time: 1 + next() * 60,
    },
  });
}

function taskOf(next: () => number): TaskRecord {
  const wishes: Partial<TaskSpecInput> = next() < 0.3 ? { preferred_skills: [drawSkill(next)] } : {};
  const spec = TaskSpec.parse({ title: 't', required_skills: [drawSkill(next)], ...wishes });
  return {
    ...{ task_id: newTaskId(0, NOW_MS), state: 'ready', epoch: 0, seq: 1, spec, submitter: 'bench' },
    ...{ submitted_at_ms: NOW_MS, traceparent: '' },
    live: { attempt: 0, returns: 0, expires_at_ms: NOW_MS + 1_000_000, ready_at_ms: NOW_MS },
  };
}

interface Case {
  readonly agents: readonly AgentRecord[];
  readonly tasks: readonly TaskRecord[];
}

function caseOf({ tasks, agents, capacity }: Fleet, next: () => number): Case {
  return {
    agents: Array.from({ length: agents }, () => agentOf(next, capacity)),
    tasks: Array.from({ length: tasks }, () => taskOf(next)),
  };
}

const indexOf = ({ agents }: Case): AgentIndex => {
  const index = new AgentIndex();
  for (const agent of agents) index.put(agent);
  return index;
};

/** The clock in µs: processor time is counted too coarsely for one batch. The least of several rounds is kept instead. */
const clockUs = (): number => performance.now() * 1000;

interface Option {
  readonly agent: IndexedAgent;
  readonly score: number;
}

/** The agents each task can go to, with its score there before anything is given away. */
function optionsOf({ tasks }: Case, index: AgentIndex): Option[][] {
  return tasks.map((record) => {
    const candidates = index.candidates(demandOf(record.spec), Number.POSITIVE_INFINITY);
    return rankAgents(wantedOf(record), candidates, DEFAULT_ROUTING, candidates.length);
  });
}

interface Score {
  readonly served: number;
  readonly total: number;
}

function scoreOf(options: readonly Option[][], given: readonly (IndexedAgent | undefined)[]): Score {
  const taken = new Map<IndexedAgent, number>();
  let [served, total] = [0, 0];
  for (const [i, agent] of given.entries()) {
    if (agent === undefined) continue;
    const before = taken.get(agent) ?? 0;
    taken.set(agent, before + 1);
    served += 1;
    const own = options[i]?.find((one) => one.agent === agent)?.score ?? 0;
    total += own - before * slotStep(agent, DEFAULT_ROUTING);
  }
  return { served, total };
}

function plan(one: Case, assignment: Routing['assignment']): { readonly score: Score; readonly us: number } {
  const index = indexOf(one);
  const options = optionsOf(one, index);
  const resting = new RestingAgents({ afterFailures: 3, firstMs: 1_000, longestMs: 1_000 });
  const routing = { ...DEFAULT_ROUTING, assignment };
  const startUs = clockUs();
  const plan = new AssignmentPlan(index, { routing, resting, held: new HeldTasks(), nowMs: NOW_MS });
  const placements = one.tasks.map((record) => {
    const demand = demandOf(record.spec);
    const opening = plan.opening(demand);
    return opening && plan.place({ record, demand, className: classOf(demand) }, opening);
  });
  plan.finish();
  const us = clockUs() - startUs;
  return {
    score: scoreOf(
      options,
      placements.map((placement) => placement?.seat.agent),
    ),
    us,
  };
}

/** The best of all assignments, by trying every one: first as many as possible in the order of the tasks, then the total. */
function exact(one: Case): Score {
  const options = optionsOf(one, indexOf(one));
  const free = new Map<IndexedAgent, number>();
  const given: (IndexedAgent | undefined)[] = [];
  let best: { readonly served: string; readonly score: Score } | undefined;
  const next = (i: number): void => {
    if (i === options.length) {
      const served = given.map((agent) => (agent === undefined ? 0 : 1)).join('');
      const score = scoreOf(options, given);
      const isBetter =
        best === undefined ||
        served > best.served ||
        (served === best.served && score.total > best.score.total);
      if (isBetter) best = { served, score };
      return;
    }
    for (const agent of [undefined, ...(options[i] ?? []).map((option) => option.agent)]) {
      const left = agent === undefined ? 1 : (free.get(agent) ?? agent.record.capacity);
      if (left === 0) continue;
      if (agent !== undefined) free.set(agent, left - 1);
      given[i] = agent;
      next(i + 1);
      if (agent !== undefined) free.set(agent, left);
    }
  };
  next(0);
  return best?.score ?? { served: 0, total: 0 };
}

/** Microseconds of the assignment alone, scores given. */
function timeAssignment(one: Case): number {
  const index = indexOf(one);
  const agents = new Map(
    [...index.agents()].map((agent) => [
      agent,
      { slots: agent.record.capacity, step: slotStep(agent, DEFAULT_ROUTING) },
    ]),
  );
  const options = optionsOf(one, index).map((own) =>
    own.slice(0, OPTIONS_MAX).flatMap(({ agent, score }) => {
      const known = agents.get(agent);
      return known === undefined ? [] : [{ agent: known, score }];
    }),
  );
  const startUs = clockUs();
  assignBatch(options);
  return clockUs() - startUs;
}

const rounded = (value: number, digits = 2): number => Number(value.toFixed(digits));
const sum = (given: readonly number[]): number => given.reduce((total, one) => total + one, 0);
const percentile = (given: readonly number[], share: number): number =>
  given.toSorted((a, b) => a - b)[Math.min(given.length - 1, Math.floor(given.length * share))] ?? 0;

interface Size extends Fleet {
  readonly share: number;
  readonly tried: boolean;
}

/** Each size of a case with its share of the cases asked for; all assignments are tried where they can be. */
const SIZES: readonly Size[] = [
  { tasks: 3, agents: 3, capacity: 1, share: 1, tried: true },
  { tasks: 5, agents: 5, capacity: 1, share: 1, tried: true },
  { tasks: 6, agents: 3, capacity: 2, share: 0.5, tried: true },
  { tasks: 8, agents: 8, capacity: 1, share: 0.1, tried: true },
  { tasks: 16, agents: 16, capacity: 1, share: 0.5, tried: false },
  { tasks: 32, agents: 16, capacity: 2, share: 0.5, tried: false },
  { tasks: 64, agents: 64, capacity: 1, share: 0.25, tried: false },
  { tasks: 64, agents: 200, capacity: 1, share: 0.25, tried: false },
];

const loadBefore = loadNow();
const rows = SIZES.map((size) => {
  const next = numbersFrom(1_000 * size.tasks + 10 * size.agents + size.capacity);
  const cases = Array.from({ length: Math.max(20, Math.round(values.cases * size.share)) }, () =>
    caseOf(size, next),
  );
  const best = size.tried ? cases.map(exact) : undefined;
  const of = (mode: Routing['assignment']) => {
    const runs = Array.from({ length: rounds }, () => cases.map((one) => plan(one, mode)));
    const first = runs[0] ?? [];
    const us = cases.map((_, i) => Math.min(...runs.map((run) => run[i]?.us ?? Number.POSITIVE_INFINITY)));
    return {
      served: sum(first.map(({ score }) => score.served)),
      total: sum(first.map(({ score }) => score.total)),
      us_per_task: sum(us) / (cases.length * size.tasks),
      us_batch: { median: percentile(us, 0.5), p99: percentile(us, 0.99) },
      scores: first.map(({ score }) => score),
    };
  };
  const [greedy, batch] = [of('greedy'), of('batch')];
  const all = cases.length * size.tasks;
  const exactTotals = best && {
    served: sum(best.map((one) => one.served)),
    total: sum(best.map((one) => one.total)),
  };
  const bound = exactTotals ?? batch;
  const missed = best?.filter(
    (one, i) =>
      one.served !== batch.scores[i]?.served || Math.abs(one.total - (batch.scores[i]?.total ?? 0)) > 1e-4,
  ).length;
  const alone = cases.map((one) => Math.min(...Array.from({ length: rounds }, () => timeAssignment(one))));
  const row = {
    ...{ tasks: size.tasks, agents: size.agents, capacity: size.capacity, cases: cases.length },
    served_share: {
      greedy: greedy.served / all,
      batch: batch.served / all,
      exact: exactTotals && exactTotals.served / all,
    },
    total_to_best: { greedy: greedy.total / bound.total, batch: batch.total / bound.total },
    cases_below_exact: missed,
    us_per_task: { greedy: greedy.us_per_task, batch: batch.us_per_task },
    us_batch: { greedy: greedy.us_batch, batch: batch.us_batch },
    us_assignment_alone: { mean: sum(alone) / alone.length, p99: percentile(alone, 0.99) },
  };
  const percent = (share: number): string => `${rounded(100 * share, 1)} %`;
  print(
    `${row.tasks} tasks, ${row.agents} agents of ${row.capacity}: served at once ${percent(row.served_share.greedy)} greedy, ` +
      `${percent(row.served_share.batch)} batch${exactTotals ? `, ${percent(exactTotals.served / all)} exact (${missed} of ${cases.length} cases below it)` : ''}; ` +
      `total ${rounded(row.total_to_best.greedy, 3)} / ${rounded(row.total_to_best.batch, 3)} of the best; ` +
      `${rounded(row.us_per_task.greedy, 1)} / ${rounded(row.us_per_task.batch, 1)} µs per task, ` +
      `a whole batch p99 ${rounded(row.us_batch.greedy.p99, 0)} / ${rounded(row.us_batch.batch.p99, 0)} µs, ` +
      `of that the assignment alone ${rounded(row.us_assignment_alone.mean, 0)} µs, p99 ${rounded(row.us_assignment_alone.p99, 0)}`,
  );
  return row;
});

/** Tasks of one class and agents enough: nothing to be gained, so nothing should be paid. */
function uncontended(mode: Routing['assignment']): number {
  const next = numbersFrom(7);
  const one: Case = {
    agents: Array.from({ length: 200 }, () => ({ ...agentOf(next, 8), skills: [{ name: 'a', level: 1 }] })),
    tasks: Array.from({ length: 64 }, () => ({
      ...taskOf(next),
      spec: TaskSpec.parse({ title: 't', required_skills: ['a'] }),
    })),
  };
  const runs = Array.from({ length: 200 }, () => plan(one, mode).us / one.tasks.length);
  return percentile(runs, 0.5);
}
const pairs = Array.from({ length: rounds }, () => [uncontended('greedy'), uncontended('batch')] as const);
const uncontendedUs = {
  greedy: percentile(
    pairs.map(([greedy]) => greedy),
    0.5,
  ),
  batch: percentile(
    pairs.map(([, batch]) => batch),
    0.5,
  ),
};
print(
  `nothing contended (64 tasks of one class, 200 agents of 8 slots): ${rounded(uncontendedUs.greedy)} µs per task greedy, ` +
    `${rounded(uncontendedUs.batch)} batch`,
);
const file = writeReport('assignment', undefined, values.out, {
  load: { before: loadBefore, after: loadNow() },
  rounds,
  rows,
  uncontended_us_per_task: uncontendedUs,
});
print(`raw: ${file}`);
