import type { Draw } from '../draws.ts';
import { type FreeAgents, ONE_CANDIDATE, PickingIndex } from './picking-index.ts';
import type { Strategy } from './strategy.ts';

export class AnyOfThem implements FreeAgents {
  readonly #draw: Draw;
  readonly #free: number[] = [];
  /** Where an agent stands among the free ones; -1: not at all. */
  readonly #place: Int32Array;

  constructor(agents: number, draw: Draw) {
    this.#draw = draw;
    this.#place = new Int32Array(agents).fill(-1);
  }

  set(agent: number, freeShare: number): void {
    const at = this.#place[agent] ?? -1;
    if (freeShare > 0 && at < 0) this.#place[agent] = this.#free.push(agent) - 1;
    if (freeShare > 0 || at < 0) return;
    const last = this.#free.pop() ?? agent;
    if (last !== agent) {
      this.#free[at] = last;
      this.#place[last] = at;
    }
    this.#place[agent] = -1;
  }

  pick(): number | undefined {
    return this.#free[Math.floor(this.#draw() * this.#free.length)];
  }
}

export const random: Strategy = {
  name: 'random',
  about: 'any agent with a free slot',
  routing: ONE_CANDIDATE,
  order: 'lines',
  rests: false,
  newIndex: (draw) => new PickingIndex((_, agents) => new AnyOfThem(agents, draw)),
};
