import { PRIORITIES, type Priority } from '@nova-torch/protocol';
import type { Bound } from './bound.ts';
import type { Observations } from './observations.ts';
import { jain } from './turns.ts';
import type { World } from './world.ts';

export interface Waiting {
  readonly mean_s: number;
  readonly p50_s: number;
  readonly p99_s: number;
}

/** What a run came to. The two that stand beside a bound count the tasks that every strategy completed, as the bound does. */
export interface Measures {
  readonly makespan_s: number;
  /** From submission to completion, mean. */
  readonly turnaround_s: number;
  /** From submission to the first start. */
  readonly waiting: Waiting;
  readonly waiting_by_priority: Readonly<Record<Priority, Waiting>>;
  /** Slots in use, of those that were there until the last end; 0 to 1. */
  readonly utilisation: number;
  /** Of the starts for which agents of different levels were free, those with the best of them; 0 to 1. */
  readonly best_skilled: number;
  /** Of attempts, per 100 tasks. */
  readonly failed_attempts: number;
  readonly lost_attempts: number;
  /** Per 100 tasks. */
  readonly failed_tasks: number;
  /** Jain's index of what submitters got of what they had a right to. */
  readonly fairness: number;
}

/** The same of a bound; the rest has none. */
export type BoundMeasures = Pick<Measures, 'makespan_s' | 'turnaround_s'>;

export const boundMeasures = ({ makespanMs, meanTurnaroundMs }: Bound): BoundMeasures => ({
  makespan_s: makespanMs / 1_000,
  turnaround_s: meanTurnaroundMs / 1_000,
});

export function measure(world: World, seen: Observations, counts: (task: number) => boolean): Measures {
  const { trace } = world;
  const waits = PRIORITIES.map((): number[] => []);
  let [makespanMs, turnaroundMs, counted] = [0, 0, 0];
  for (let task = 0; task < trace.length; task += 1) {
    const comeMs = trace.atMs[task] ?? 0;
    const waitedMs = (seen.firstStartMs[task] ?? comeMs) - comeMs;
    waits[trace.priority[task] ?? 0]?.push(waitedMs / 1_000);
    if (!counts(task)) continue;
    const endMs = seen.completedMs[task] ?? comeMs;
    makespanMs = Math.max(makespanMs, endMs);
    turnaroundMs += endMs - comeMs;
    counted += 1;
  }
  const per100 = (count: number): number => (100 * count) / trace.length;
  return {
    makespan_s: makespanMs / 1_000,
    turnaround_s: turnaroundMs / Math.max(1, counted) / 1_000,
    waiting: waitingOf(waits.flat()),
    waiting_by_priority: Object.fromEntries(
      PRIORITIES.map((priority, at) => [priority, waitingOf(waits[at] ?? [])]),
    ) as Record<Priority, Waiting>,
    utilisation: seen.usedMs / slotTimeMs(world, seen.lastEndMs),
    best_skilled: seen.skillChoices === 0 ? 1 : seen.bestSkilled / seen.skillChoices,
    failed_attempts: per100(seen.failedAttempts),
    lost_attempts: per100(seen.lostAttempts),
    failed_tasks: per100(seen.failedTasks),
    fairness: jain(seen.turns.shares()),
  };
}

function waitingOf(seconds: readonly number[]): Waiting {
  const sorted = Float64Array.from(seconds).sort();
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  const sum = sorted.reduce((total, one) => total + one, 0);
  return { mean_s: sorted.length === 0 ? 0 : sum / sorted.length, p50_s: at(0.5), p99_s: at(0.99) };
}

/** Slots times the time their agents were there. */
function slotTimeMs({ fleet, comings }: World, untilMs: number): number {
  let sum = 0;
  for (const { record } of fleet) sum += record.capacity * untilMs;
  for (const { atMs, agent, there } of comings) {
    const left = (fleet[agent]?.record.capacity ?? 0) * Math.max(0, untilMs - atMs);
    sum += there ? left : -left;
  }
  return sum;
}

/** The mean of each figure; all have the same shape. */
export function meanOf<T>(all: readonly T[]): T {
  const [first] = all;
  if (typeof first === 'number')
    return ((all as readonly number[]).reduce((sum, one) => sum + one, 0) / all.length) as T;
  const names = Object.keys(first as object) as (keyof T)[];
  return Object.fromEntries(names.map((name) => [name, meanOf(all.map((one) => one[name]))])) as T;
}

/**
 * How much larger (or smaller) one figure is than another of the same world, as a share of it: the mean over the worlds and
 * its standard error, which one world does not have.
 */
export function pairedDifference(
  from: readonly number[],
  to: readonly number[],
): { readonly mean: number; readonly error: number | undefined } {
  const differences = from.map((one, at) => (one === 0 ? 0 : (to[at] ?? one) / one - 1));
  const mean = meanOf(differences);
  if (differences.length < 2) return { mean, error: undefined };
  const squares = differences.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / (differences.length - 1) / differences.length) };
}
