import { PRIORITIES } from '@nova-torch/protocol';
import { SUBMITTERS, type World } from './world.ts';

/**
 * How fairly submitters that want the same are served: whenever a task begins while tasks of several submitters wait in its
 * class and priority, each of these has a right to an equal share of that beginning, and one of them has all of it. What a
 * submitter got, divided by what it had a right to, is 1 for all if they take turns.
 */
export class Turns {
  readonly #world: World;
  /** Waiting tasks, by class, priority and submitter. */
  readonly #waiting: Int32Array;
  readonly #got = new Float64Array(SUBMITTERS);
  readonly #due = new Float64Array(SUBMITTERS);

  constructor(world: World) {
    this.#world = world;
    const classes = 1 + Math.max(...world.kinds.map(({ classNumber }) => classNumber));
    this.#waiting = new Int32Array(classes * PRIORITIES.length * SUBMITTERS);
  }

  waits(task: number): void {
    const at = this.#roundOf(task) + this.#submitterOf(task);
    this.#waiting[at] = (this.#waiting[at] ?? 0) + 1;
  }

  starts(task: number): void {
    const first = this.#roundOf(task);
    const served = this.#submitterOf(task);
    const waiting = this.#waiting.subarray(first, first + SUBMITTERS);
    let count = 0;
    for (const tasks of waiting) if (tasks > 0) count += 1;
    if (count > 1) {
      for (const [submitter, tasks] of waiting.entries())
        if (tasks > 0) this.#due[submitter] = (this.#due[submitter] ?? 0) + 1 / count;
      this.#got[served] = (this.#got[served] ?? 0) + 1;
    }
    waiting[served] = (waiting[served] ?? 0) - 1;
  }

  /** What each submitter got of what it had a right to; without those that never had to share. */
  shares(): number[] {
    return [...this.#due].flatMap((due, at) => (due > 0 ? [(this.#got[at] ?? 0) / due] : []));
  }

  #submitterOf(task: number): number {
    return this.#world.trace.submitter[task] ?? 0;
  }

  #roundOf(task: number): number {
    const { trace, kinds } = this.#world;
    const ofClass = kinds[trace.kind[task] ?? 0]?.classNumber ?? 0;
    return (ofClass * PRIORITIES.length + (trace.priority[task] ?? 0)) * SUBMITTERS;
  }
}

/** Jain's index: 1 when all are equal, 1/n when one has everything; 1 for none. */
export function jain(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return squares === 0 ? 1 : (sum * sum) / (shares.length * squares);
}
