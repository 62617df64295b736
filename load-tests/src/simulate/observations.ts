import { type AgentIndex, freeSlots, type IndexedAgent } from '@nova-torch/task-router';
import { Turns } from './turns.ts';
import type { World } from './world.ts';

/** Looking for the best-skilled agent costs a look at all; in large fleets it is done for one start in so many. */
const LOOKED_AT_MAX = 100;

/** What is seen of one run. Times in milliseconds since the beginning; NaN: never. */
export class Observations {
  readonly firstStartMs: Float64Array;
  readonly completedMs: Float64Array;
  readonly turns: Turns;
  failedTasks = 0;
  failedAttempts = 0;
  lostAttempts = 0;
  /** Slots in use, in ms times slots. */
  usedMs = 0;
  /** Starts for which agents of different levels were free, of those that were looked at; and with the best of them. */
  skillChoices = 0;
  bestSkilled = 0;
  lastEndMs = 0;
  #starts = 0;
  readonly #world: World;
  readonly #agents: readonly IndexedAgent[];
  readonly #lookEvery: number;

  constructor(world: World, index: AgentIndex) {
    this.#world = world;
    this.#agents = world.fleet.map(({ id }) => index.get(id) as IndexedAgent);
    this.#lookEvery = Math.ceil(world.fleet.length / LOOKED_AT_MAX);
    this.firstStartMs = new Float64Array(world.trace.length).fill(Number.NaN);
    this.completedMs = new Float64Array(world.trace.length).fill(Number.NaN);
    this.turns = new Turns(world);
  }

  waits(task: number): void {
    this.turns.waits(task);
  }

  starts(task: number, agent: number, nowMs: number): void {
    this.turns.starts(task);
    if (Number.isNaN(this.firstStartMs[task])) this.firstStartMs[task] = nowMs;
    this.#starts += 1;
    if (this.#starts % this.#lookEvery === 0) this.#compareLevels(task, agent);
  }

  attemptEnded(
    attempt: Readonly<{ startedMs: number; succeeds: boolean; lost: boolean }>,
    nowMs: number,
  ): void {
    this.usedMs += nowMs - attempt.startedMs;
    if (attempt.lost) this.lostAttempts += 1;
    else if (!attempt.succeeds) this.failedAttempts += 1;
  }

  ended(task: number, completed: boolean, nowMs: number): void {
    this.lastEndMs = nowMs;
    if (completed) this.completedMs[task] = nowMs;
    else this.failedTasks += 1;
  }

  #compareLevels(task: number, agent: number): void {
    const { trace, kinds } = this.#world;
    const kind = kinds[trace.kind[task] ?? 0];
    if (kind === undefined) return;
    const own = kind.level[agent] ?? 0;
    let [best, worst] = [own, own];
    for (const other of kind.able) {
      const known = this.#agents[other];
      if (known === undefined || freeSlots(known) === 0) continue;
      best = Math.max(best, kind.level[other] ?? 0);
      worst = Math.min(worst, kind.level[other] ?? 0);
    }
    if (best === worst) return;
    this.skillChoices += 1;
    if (own === best) this.bestSkilled += 1;
  }
}
