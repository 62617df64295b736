// Agents in the order they came in. One that stands in it leaves without being looked for: in a large fleet the memory a
// hash table touches for that costs more than the rest of a decision.
import type { IndexedAgent } from './indexed-agent.ts';

/** An agent's stand, in one queue at a time. */
export interface Stand {
  readonly agent: IndexedAgent | undefined;
  before: Stand;
  behind: Stand;
}

/** Stands nowhere: its own neighbour. */
export function newStand(agent: IndexedAgent | undefined): Stand {
  const stand = { agent } as Stand;
  stand.before = stand;
  stand.behind = stand;
  return stand;
}

/** Takes a stand out of the queue it is in; nothing if it is in none. */
export function leave(stand: Stand): void {
  stand.before.behind = stand.behind;
  stand.behind.before = stand.before;
  stand.before = stand;
  stand.behind = stand;
}

export class QueueOfAgents {
  /** Before the first and behind the last. */
  readonly #ends = newStand(undefined);

  /** Puts one that stands nowhere behind all others. */
  join(stand: Stand): void {
    const last = this.#ends.before;
    stand.before = last;
    stand.behind = this.#ends;
    last.behind = stand;
    this.#ends.before = stand;
  }

  /** The first stand; undefined when there is none. */
  get first(): Stand | undefined {
    return this.next(this.#ends);
  }

  /** The one behind; undefined for the last. */
  next({ behind }: Stand): Stand | undefined {
    return behind === this.#ends ? undefined : behind;
  }
}
