// pnpm bench:decisions: what the choice of an agent costs in fleets of several sizes, with and without what is kept of it
// for people, and what scoring few candidates loses against scoring all. The pure code alone: no broker, no streams.
import { AgentRecord, newAgentId, TaskSpec } from '@nova-torch/protocol';
import {
  AgentIndex,
  chooseAgent,
  DEFAULT_ROUTING,
  demandOf,
  type IndexedAgent,
  keepDecision,
  rankAgents,
} from '@nova-torch/task-router';
import { scriptOptions } from '@nova-torch/testing';
import { numbersFrom } from './numbers.ts';
import { loadNow, print, RESULTS, writeReport } from './report.ts';

const { values } = scriptOptions({
  name: 'pnpm bench:decisions',
  about: 'What the choice of an agent costs in fleets of several sizes. The pure code alone.',
  options: {
    decisions: { about: 'decisions of a round', default: 20_000 },
    rounds: { about: 'rounds', default: 7 },
    agents: { about: 'sizes of fleets, comma-separated', default: '100,1000,10000' },
    out: { about: 'where the results go', default: RESULTS },
  },
});
const decisions = values.decisions;
const rounds = values.rounds;
const fleets = values.agents.split(',').map(Number);

const ROLES = ['developer', 'qa', 'pm'];
/** Of the slots of a fleet, how many are in use while decisions are taken. */
const LOAD = 0.5;
const CAPACITY = 4;
const REGRET_SAMPLES = 500;
const NOW_MS = 1_763_683_200_000;

/** Agents of three roles with two of twelve skills each, half of their slots in use. */
function fleetOf(count: number): AgentIndex {
  const index = new AgentIndex();
  const next = numbersFrom(count);
  for (let i = 0; i < count; i += 1) {
    const agent = AgentRecord.parse({
      agent_id: newAgentId(0, NOW_MS),
      role: ROLES[i % ROLES.length],
      skills: [
        { name: `lang-${Math.floor(next() * 7)}`, level: next() },
        { name: `tool-${Math.floor(next() * 5)}`, level: next() },
      ],
      status: 'idle',
      capacity: CAPACITY,
      last_heartbeat: 0,
      current_tasks: [],
      host: 'here',
      transport: 'streams',
      pool: 'default',
      labels: {},
      performance: {
        tasks_completed: Math.floor(next() * 200),
        success_rate: 0.5 + next() / 2,
        avg_completion_time: 1 + next() * 60,
      },
      registered_at: 0,
      version: 1,
    });
    index.put(agent);
    index.setTaken(agent.agent_id, Math.min(CAPACITY, Math.floor(next() * (CAPACITY + 1) * 2 * LOAD)));
  }
  return index;
}

const TASKS = {
  'by role': TaskSpec.parse({ title: 't', role: 'developer' }),
  'by role and skill': TaskSpec.parse({ title: 't', role: 'developer', required_skills: ['lang-3'] }),
};

/** Processor time of this thread in µs: on a machine that others use, the clock tells of them. */
const cpuUs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return user + system;
};

/** Microseconds per decision: candidates, scores, choice, slot; with `kept` also the counts and the text that is stored. */
function timeDecisions(index: AgentIndex, spec: TaskSpec, kept: boolean): number {
  const held: IndexedAgent[] = [];
  let chars = 0;
  const startUs = cpuUs();
  for (let i = 0; i < decisions; i += 1) {
    const demand = demandOf(spec);
    const choice = chooseAgent({ spec }, index.candidates(demand, DEFAULT_ROUTING.candidatesMax));
    if (choice === undefined) throw new Error('nobody is free');
    if (kept) {
      const grounds = { choice, passedOver: index.passedOver(demand), routing: DEFAULT_ROUTING };
      chars += keepDecision(grounds, { attempt: 1, epoch: NOW_MS, nowMs: NOW_MS }).json.length;
    }
    index.reserve(choice.agent, undefined);
    index.confirm(choice.agent);
    held.push(choice.agent);
    if (held.length > 4) index.release(held.shift()?.id ?? choice.agent.id);
  }
  const tookUs = cpuUs() - startUs;
  for (const { id } of held) index.release(id);
  if (kept && chars === 0) throw new Error('nothing was kept');
  return tookUs / decisions;
}

/** How much less the chosen agent scores than the best of all free ones, over many decisions that change the fleet. */
function measureRegret(index: AgentIndex, spec: TaskSpec): { mean: number; max: number; same: number } {
  const demand = demandOf(spec);
  const held: IndexedAgent[] = [];
  let [sum, max, same] = [0, 0, 0];
  for (let i = 0; i < REGRET_SAMPLES; i += 1) {
    const all = index.candidates(demand, Number.POSITIVE_INFINITY);
    const few = index.candidates(demand, DEFAULT_ROUTING.candidatesMax);
    // Compared by the scores of the whole: speed is relative to those it is scored with.
    const ranked = rankAgents({ spec }, all, DEFAULT_ROUTING, all.length);
    const chosen = chooseAgent({ spec }, few)?.agent;
    const best = ranked[0]?.score ?? 0;
    const regret = best - (ranked.find(({ agent }) => agent === chosen)?.score ?? 0);
    sum += regret;
    max = Math.max(max, regret);
    if (regret < 1e-9) same += 1;
    if (chosen === undefined) throw new Error('nobody is free');
    index.reserve(chosen, undefined);
    index.confirm(chosen);
    held.push(chosen);
    if (held.length > 4) index.release(held.shift()?.id ?? chosen.id);
  }
  for (const { id } of held) index.release(id);
  return { mean: sum / REGRET_SAMPLES, max, same: same / REGRET_SAMPLES };
}

const median = (given: readonly number[]): number =>
  given.toSorted((a, b) => a - b)[Math.floor(given.length / 2)] ?? 0;
const rounded = (value: number, digits = 2): number => Number(value.toFixed(digits));

const loadBefore = loadNow();
const rows = fleets.flatMap((agents) =>
  Object.entries(TASKS).map(([task, spec]) => {
    const index = fleetOf(agents);
    const runs = { bare: [] as number[], kept: [] as number[] };
    timeDecisions(index, spec, true);
    for (let round = 0; round < rounds; round += 1) {
      runs.bare.push(timeDecisions(index, spec, false));
      runs.kept.push(timeDecisions(index, spec, true));
    }
    const [bareUs, keptUs] = [median(runs.bare), median(runs.kept)];
    const regret = measureRegret(index, spec);
    const candidates = index.candidates(demandOf(spec), DEFAULT_ROUTING.candidatesMax).length;
    print(
      `${agents} agents, ${task}: ${candidates} candidates, ${rounded(keptUs)} µs (${rounded(bareUs)} bare), ` +
        `${Math.round(1e6 / keptUs)} decisions/s, regret mean ${rounded(regret.mean, 4)} max ${rounded(regret.max, 4)}, ` +
        `the best in ${Math.round(100 * regret.same)} %`,
    );
    return { agents, task, candidates, bare_us: bareUs, kept_us: keptUs, per_s: 1e6 / keptUs, regret, runs };
  }),
);
const file = writeReport('decisions', undefined, values.out, {
  load: { before: loadBefore, after: loadNow() },
  decisions,
  rounds,
  rows,
});
print(`raw: ${file}`);
