// What nobody could do better, though he knew everything: the clairvoyant.
//
// He knows all tasks and what each takes each agent. For him no attempt fails, no agent leaves, none is slowed by other
// tasks, and work can be divided. Both bounds hold for every way to distribute the tasks that a run completed, because
// in a run:
//
// C1. A completed task had one whole attempt that succeeded: an agent able to do it gave it its work (workMs), at 1/slowness of
//     work per ms at most, after it came. A run that completed it did at least that much for it, whatever failed before.
// C2. An agent of c slots does at most c · max(1/slowness over the kinds it can do) of work per ms on a set of kinds.
//
// Makespan. Let D be the tasks of a set of kinds that came at s or later. By C1 their work is done after s, by C2 at most
// R(kinds) of it per ms: none ends all of it before s + work(D) / R. Taken for every s, for each class of demand, each role and all
// kinds. And no task ends before it came and its fastest agent did it.
//
// Turnaround (from coming to completion), in the mean. Every agent has one role and every task demands one, so roles do not
// touch. Let one machine do R(kinds of the role) of work per ms, on one task at a time, and let it interrupt tasks at will. By C2
// it can follow any run: do in each ms what the run did in it, so that no task ends later than in the run. Of all ways to
// use one such machine, shortest remaining work first has the least sum of turnarounds (Schrage, 1968). So that sum is a
// bound for the role; so is the sum of what each task takes its fastest agent; the larger one is taken.
import { EventQueue } from './event-queue.ts';
import { ROLES } from './fleet.ts';
import type { Kind } from './kinds.ts';
import type { World } from './world.ts';

export interface Bound {
  readonly makespanMs: number;
  readonly meanTurnaroundMs: number;
}

/** The bounds for those of the tasks for which `counts` says so. */
export function boundOf(world: World, counts: (task: number) => boolean): Bound {
  const { trace, kinds } = world;
  const tasks = Array.from({ length: trace.length }, (_, task) => task).filter(counts);
  const fastest = kinds.map(fastestOf);
  const kindOf = (task: number): Kind => kinds[trace.kind[task] ?? 0] as Kind;
  const aloneMs = (task: number): number => (trace.workMs[task] ?? 0) * (fastest[trace.kind[task] ?? 0] ?? 0);
  let makespanMs = 0;
  for (const task of tasks) makespanMs = Math.max(makespanMs, (trace.atMs[task] ?? 0) + aloneMs(task));
  for (const some of setsOf(kinds)) {
    const ofSet = tasks.filter((task) => some.has(kindOf(task)));
    makespanMs = Math.max(makespanMs, latestByWork(world, ofSet, rateOf(world, some)));
  }
  let sumMs = 0;
  for (const role of ROLES) {
    const ofRole = new Set(kinds.filter((kind) => kind.role === role));
    const own = tasks.filter((task) => ofRole.has(kindOf(task)));
    const alone = own.reduce((sum, task) => sum + aloneMs(task), 0);
    sumMs += Math.max(alone, turnaroundByOneMachine(world, own, rateOf(world, ofRole)));
  }
  return { makespanMs, meanTurnaroundMs: tasks.length === 0 ? 0 : sumMs / tasks.length };
}

function fastestOf({ able, slowness }: Kind): number {
  return able.reduce((least, agent) => Math.min(least, slowness[agent] ?? least), Number.POSITIVE_INFINITY);
}

/** Sets of kinds that compete for agents: each class of demand, each role, all. */
function setsOf(kinds: readonly Kind[]): Set<Kind>[] {
  const byClass = Map.groupBy(kinds, ({ classNumber }) => classNumber);
  const byRole = Map.groupBy(kinds, ({ role }) => role);
  return [...byClass.values(), ...byRole.values(), kinds].map((some) => new Set(some));
}

/** Work per ms on these kinds by the whole fleet, at most (C2). */
function rateOf({ fleet }: World, kinds: ReadonlySet<Kind>): number {
  let rate = 0;
  for (const { number, record } of fleet) {
    let best = 0;
    for (const { slowness } of kinds) {
      const own = slowness[number] ?? 0;
      if (own > 0) best = Math.max(best, 1 / own);
    }
    rate += record.capacity * best;
  }
  return rate;
}

/** When work at this rate can be done at the earliest, if what comes at s or later is done after s, for every s. */
function latestByWork({ trace }: World, tasks: readonly number[], rate: number): number {
  let [latestMs, work] = [0, 0];
  for (const task of tasks.toReversed()) {
    work += trace.workMs[task] ?? 0;
    latestMs = Math.max(latestMs, (trace.atMs[task] ?? 0) + work / rate);
  }
  return latestMs;
}

/** Sum of the turnarounds on one machine of this rate that always does what has the least work left. */
function turnaroundByOneMachine({ trace }: World, tasks: readonly number[], rate: number): number {
  const waiting = new EventQueue<{ readonly comeMs: number; readonly leftMs: number }>();
  let [nowMs, sumMs] = [0, 0];
  for (let at = 0; at < tasks.length || waiting.size > 0; ) {
    const task = tasks[at];
    const nextMs = task === undefined ? Number.POSITIVE_INFINITY : (trace.atMs[task] ?? 0);
    const first = waiting.take();
    if (first !== undefined && nowMs + first.leftMs <= nextMs) {
      nowMs += first.leftMs;
      sumMs += nowMs - first.comeMs;
      continue;
    }
    if (first !== undefined) {
      const leftMs = first.leftMs - (nextMs - nowMs);
      waiting.add(leftMs, { comeMs: first.comeMs, leftMs });
    }
    nowMs = nextMs;
    if (task === undefined) continue;
    const leftMs = (trace.workMs[task] ?? 0) / rate;
    waiting.add(leftMs, { comeMs: nowMs, leftMs });
    at += 1;
  }
  return sumMs;
}
