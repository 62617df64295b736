import { classOf } from '@nova-torch/task-router';
import { NATURE } from '../scenarios.ts';
import type { World } from '../world.ts';
import { type FreeAgents, ONE_CANDIDATE, PickingIndex } from './picking-index.ts';
import type { Strategy } from './strategy.ts';

/** The agents by what a task of the class takes them in the mean, failed attempts included. */
class Fastest implements FreeAgents {
  readonly #expected: Float64Array;
  readonly #capacity: Float64Array;
  /** Tasks an agent has; as many as it has slots while it may not take any. */
  readonly #taken: Float64Array;

  constructor({ kinds, fleet }: World, className: string) {
    const ofClass = kinds.filter((kind) => kind.className === className);
    const able = ofClass[0]?.able ?? [];
    const total = ofClass.reduce((sum, { share }) => sum + share, 0);
    this.#expected = Float64Array.from(able, (agent) =>
      ofClass.reduce((sum, { slowness, failing, share }) => {
        // One that never succeeds is still better than none.
        const attempts = 1 / Math.max(0.01, 1 - (failing[agent] ?? 0));
        return sum + ((slowness[agent] ?? 0) * attempts * share) / total;
      }, 0),
    );
    this.#capacity = Float64Array.from(able, (agent) => fleet[agent]?.record.capacity ?? 1);
    this.#taken = this.#capacity.slice();
  }

  set(agent: number, freeShare: number): void {
    const capacity = this.#capacity[agent] ?? 1;
    this.#taken[agent] = Math.round(capacity * (1 - freeShare));
  }

  pick(): number | undefined {
    let [best, least]: [number | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
    for (let agent = 0; agent < this.#expected.length; agent += 1) {
      const taken = this.#taken[agent] ?? 0;
      if (taken >= (this.#capacity[agent] ?? 0)) continue;
      const expected = (this.#expected[agent] ?? 0) * (1 + NATURE.crowding * taken);
      if (expected >= least) continue;
      best = agent;
      least = expected;
    }
    return best;
  }
}

/** No router can know this: what could be gained by knowing the agents, though not by waiting for the best of them. */
export const omniscient: Strategy = {
  name: 'all-knowing',
  about: 'the agent that does such tasks fastest, by what is hidden: speed at the type, failures',
  routing: ONE_CANDIDATE,
  order: 'lines',
  rests: false,
  newIndex: (_, world) => new PickingIndex((demand) => new Fastest(world, classOf(demand))),
};
