// A simulated world: agents, kinds of tasks, which task comes when, and what every attempt would take and come to. All of
// it follows from the scenario and the seed, before any strategy has decided anything.
import { PRIORITIES } from '@nova-torch/protocol';
import { numbersFrom } from '../numbers.ts';
import { type Draw, exponential, fate, meanOfPareto, pareto, weighted } from './draws.ts';
import { buildFleet, type Coming, drawComings, type Member } from './fleet.ts';
import { buildKinds, type Kind, slotsOf, working } from './kinds.ts';
import { type Bursts, NATURE, type Scenario } from './scenarios.ts';

/** The tasks in the order they come. Times in milliseconds since the beginning. */
export interface Trace {
  readonly length: number;
  readonly atMs: Float64Array;
  readonly kind: Uint16Array;
  /** Place in PRIORITIES. */
  readonly priority: Uint8Array;
  readonly submitter: Uint8Array;
  /** What it takes an agent of slowness 1. */
  readonly workMs: Float64Array;
}

export interface World {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly fleet: readonly Member[];
  readonly kinds: readonly Kind[];
  readonly trace: Trace;
  readonly comings: readonly Coming[];
}

/** The first submits half of all tasks, the last one in fifty. */
const SUBMITTER_SHARES = [0.5, 0.2, 0.12, 0.1, 0.06, 0.02];
export const SUBMITTERS = SUBMITTER_SHARES.length;
const PRIORITY_SHARES: Readonly<Record<(typeof PRIORITIES)[number], number>> = {
  low: 0.2,
  normal: 0.55,
  high: 0.15,
  urgent: 0.08,
  critical: 0.02,
};

export function buildWorld(scenario: Scenario, seed: number): World {
  const draw = numbersFrom(seed);
  const fleet = buildFleet(scenario.agents, scenario.broken ?? 0, draw);
  const kinds = buildKinds(fleet, draw);
  const trace = drawTrace(scenario, kinds, meanGapMs(scenario, fleet, kinds), draw);
  const lastMs = trace.atMs[trace.length - 1] ?? 0;
  return { scenario, seed, fleet, kinds, trace, comings: drawComings(fleet, lastMs, draw) };
}

/** Between two tasks, so that the load is as asked for. */
function meanGapMs({ load }: Scenario, fleet: readonly Member[], kinds: readonly Kind[]): number {
  const { share, thereS, awayS } = NATURE.comings;
  const slots = slotsOf(working(fleet)) * (1 - (share * awayS) / (thereS + awayS));
  const slowness = kinds.reduce((sum, kind) => sum + kind.share * meanSlowness(kind), 0);
  return (1_000 * meanOfPareto(NATURE.work) * slowness) / (slots * load);
}

const meanSlowness = ({ able, slowness }: Kind): number =>
  able.reduce((sum, agent) => sum + (slowness[agent] ?? 0), 0) / able.length;

function drawTrace({ tasks, bursts }: Scenario, kinds: readonly Kind[], gapMs: number, draw: Draw): Trace {
  const trace = {
    length: tasks,
    atMs: new Float64Array(tasks),
    kind: new Uint16Array(tasks),
    priority: new Uint8Array(tasks),
    submitter: new Uint8Array(tasks),
    workMs: new Float64Array(tasks),
  };
  const kindShares = kinds.map(({ share }) => share);
  const priorityShares = PRIORITIES.map((priority) => PRIORITY_SHARES[priority]);
  let atMs = 0;
  for (let task = 0; task < tasks; task += 1) {
    atMs += exponential(draw, gapMs / frequency(bursts, atMs));
    trace.atMs[task] = Math.round(atMs);
    trace.kind[task] = weighted(draw, kindShares);
    trace.priority[task] = weighted(draw, priorityShares);
    trace.submitter[task] = weighted(draw, SUBMITTER_SHARES);
    trace.workMs[task] = Math.round(1_000 * pareto(draw, NATURE.work));
  }
  return trace;
}

/** How often tasks come now, as a multiple of the mean. */
function frequency(bursts: Bursts | undefined, atMs: number): number {
  if (bursts === undefined) return 1;
  const { everyS, forS, times } = bursts;
  const between = everyS / (everyS - forS + forS * times);
  return atMs % (1_000 * everyS) < 1_000 * forS ? between * times : between;
}

/** What an attempt takes and comes to. */
export interface Fate {
  readonly tookMs: number;
  readonly succeeds: boolean;
}

/** The same for every strategy: `attempt` counts from 1, `others` are the tasks the agent has besides. */
export function fateOf(world: World, task: number, agent: number, attempt: number, others: number): Fate {
  const { seed, trace, kinds, fleet } = world;
  const kind = kinds[trace.kind[task] ?? 0];
  const slowness = kind?.slowness[agent] ?? 0;
  if (kind === undefined || slowness === 0) throw new Error(`task ${task} cannot be done by agent ${agent}`);
  const wholeMs = (trace.workMs[task] ?? 0) * slowness * (1 + NATURE.crowding * others);
  const succeeds = fate(seed, task, agent, attempt, 0) >= (kind.failing[agent] ?? 0);
  if (succeeds) return { tookMs: Math.ceil(wholeMs), succeeds };
  const { usual, broken } = NATURE.failedShare;
  const share = fleet[agent]?.broken ? broken : usual + (1 - usual) * fate(seed, task, agent, attempt, 1);
  return { tookMs: Math.ceil(wholeMs * share), succeeds };
}
