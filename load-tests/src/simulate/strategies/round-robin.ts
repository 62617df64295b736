import { type FreeAgents, ONE_CANDIDATE, PickingIndex } from './picking-index.ts';
import type { Strategy } from './strategy.ts';

/** The agents in a ring, a bit for each that is free. */
export class InTurn implements FreeAgents {
  readonly #agents: number;
  readonly #words: Uint32Array;
  #free = 0;
  /** Where the next is looked for. */
  #next = 0;

  constructor(agents: number) {
    this.#agents = agents;
    this.#words = new Uint32Array(Math.ceil(agents / 32));
  }

  set(agent: number, freeShare: number): void {
    const at = agent >>> 5;
    const word = this.#words[at] ?? 0;
    const bit = 1 << (agent & 31);
    const isFree = (word & bit) !== 0;
    if (isFree === freeShare > 0) return;
    this.#words[at] = word ^ bit;
    this.#free += isFree ? -1 : 1;
  }

  pick(): number | undefined {
    if (this.#free === 0) return undefined;
    const found = this.#firstFrom(this.#next) ?? this.#firstFrom(0);
    if (found !== undefined) this.#next = (found + 1) % this.#agents;
    return found;
  }

  #firstFrom(from: number): number | undefined {
    let at = from >>> 5;
    let word = (this.#words[at] ?? 0) & (-1 << (from & 31));
    while (word === 0) {
      at += 1;
      if (at >= this.#words.length) return undefined;
      word = this.#words[at] ?? 0;
    }
    return 32 * at + 31 - Math.clz32(word & -word);
  }
}

export const roundRobin: Strategy = {
  name: 'round-robin',
  about: 'the agents in a fixed order, those without a free slot left out',
  routing: ONE_CANDIDATE,
  order: 'lines',
  rests: false,
  newIndex: () => new PickingIndex((_, agents) => new InTurn(agents)),
};
