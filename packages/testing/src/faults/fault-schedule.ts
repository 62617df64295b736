// Which fault when: decided by a seed alone, so that a run that failed can be run again.
import { setTimeout as delay } from 'node:timers/promises';

/** How often a kind of fault comes, relative to the others, and how long it lasts. */
export interface FaultShare {
  readonly weight: number;
  /** Shortest and longest duration in ms; 0 without it. */
  readonly forMs?: readonly [min: number, max: number];
}

export interface FaultScheduleOptions<K extends string> {
  /** A whole number from 0 to 2^32 - 1. */
  readonly seed: number;
  readonly mix: Readonly<Record<K, FaultShare>>;
  /** Shortest and longest pause between the beginnings of two faults, in ms. */
  readonly everyMs: readonly [min: number, max: number];
}

export interface PlannedFault<K extends string> {
  /** From 1. */
  readonly number: number;
  /** When it begins, in ms from the beginning of the run. */
  readonly atMs: number;
  readonly kind: K;
  readonly forMs: number;
  /** In [0, 1): chooses whom it strikes; see `pickOne`. */
  readonly pick: number;
}

export interface FaultSchedule<K extends string> {
  readonly seed: number;
  /** When the last fault began that `next` gave, in ms from the beginning of the run; 0 before the first. */
  readonly atMs: number;
  /** The next fault; there is always one. */
  next(): PlannedFault<K>;
  /** For a report: the seed, the pauses and the mix, in one line. */
  describe(): string;
}

/** Numbers in [0, 1) that a seed decides (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function percent(share: number): string {
  return share < 0.1 ? (share * 100).toFixed(1) : (share * 100).toFixed(0);
}

/** A seed for a run that was not given one. */
export function freshSeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}

/** The item that a fault's `pick` chooses; undefined of none. */
export function pickOne<T>(items: readonly T[], pick: number): T | undefined {
  return items[Math.floor(pick * items.length)];
}

/**
 * Makes a schedule. The same seed, mix (in the same order) and pauses give the same faults. Throws when no kind has a
 * positive weight.
 */
export function createFaultSchedule<K extends string>(options: FaultScheduleOptions<K>): FaultSchedule<K> {
  const { seed, mix, everyMs } = options;
  const shares = (Object.entries(mix) as [K, FaultShare][]).filter(([, { weight }]) => weight > 0);
  const total = shares.reduce((sum, [, { weight }]) => sum + weight, 0);
  const last = shares.at(-1);
  if (last === undefined) throw new Error('a fault schedule needs a kind of fault with a positive weight');
  const random = seededRandom(seed);
  const between = ([min, max]: readonly [number, number]): number => Math.round(min + random() * (max - min));
  let number = 0;
  let atMs = 0;
  return {
    seed,
    get atMs() {
      return atMs;
    },
    next() {
      number += 1;
      atMs += between(everyMs);
      let left = random() * total;
      const [kind, share] =
        shares.find(([, { weight }]) => {
          left -= weight;
          return left < 0;
        }) ?? last;
      return { number, atMs, kind, forMs: between(share.forMs ?? [0, 0]), pick: random() };
    },
    describe() {
      const parts = shares.map(([kind, { weight, forMs }]) => {
        const share = `${kind} ${percent(weight / total)} %`;
        return forMs ? `${share} for ${forMs[0]}-${forMs[1]} ms` : share;
      });
      return `seed ${seed}, a fault every ${everyMs[0]}-${everyMs[1]} ms: ${parts.join(', ')}`;
    },
  };
}

/**
 * Lets the faults of a schedule happen, each at its time, until the signal fires; then waits for those under way.
 * Lasting faults overlap when they do in the schedule. A second run of a schedule goes on where the first ended. Rejects with the first error of `strike`.
 */
export async function runFaults<K extends string>(
  schedule: FaultSchedule<K>,
  strike: (fault: PlannedFault<K>) => Promise<void> | void,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = performance.now() - schedule.atMs;
  const underWay = new Set<Promise<void>>();
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);
  while (!stop.aborted) {
    const fault = schedule.next();
    const waitMs = startedAt + fault.atMs - performance.now();
    await delay(Math.max(0, waitMs), undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) break;
    const struck = (async () => strike(fault))()
      .catch((error: unknown) => failure.abort(error))
      .finally(() => underWay.delete(struck));
    underWay.add(struck);
  }
  await Promise.all(underWay);
  if (failure.signal.aborted) throw failure.signal.reason;
}
