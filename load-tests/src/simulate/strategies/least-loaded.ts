import { type FreeAgents, ONE_CANDIDATE, PickingIndex } from './picking-index.ts';
import type { Strategy } from './strategy.ts';

/** The agents by the share of their slots that is free; of equals the one that has stood there longest. */
export class Freest implements FreeAgents {
  readonly #share: Float64Array;
  readonly #levels = new Map<number, Set<number>>();

  constructor(agents: number) {
    this.#share = new Float64Array(agents);
  }

  set(agent: number, freeShare: number): void {
    const before = this.#share[agent] ?? 0;
    if (before === freeShare) return;
    this.#levels.get(before)?.delete(agent);
    this.#share[agent] = freeShare;
    if (freeShare === 0) return;
    const level = this.#levels.get(freeShare) ?? new Set();
    this.#levels.set(freeShare, level.add(agent));
  }

  pick(): number | undefined {
    let best = 0;
    for (const [share, agents] of this.#levels) if (agents.size > 0 && share > best) best = share;
    return this.#levels.get(best)?.values().next().value;
  }
}

export const leastLoaded: Strategy = {
  name: 'least-loaded',
  about: 'the agent with the largest free share of its slots, then the one that has been so longest',
  routing: ONE_CANDIDATE,
  order: 'lines',
  rests: false,
  newIndex: () => new PickingIndex((_, agents) => new Freest(agents)),
};
