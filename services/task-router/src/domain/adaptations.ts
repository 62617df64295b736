// How long demand is without a free agent: the time the fleet takes to adapt to a change of load. Pure.
import type { AgentIndex } from './agent-index.ts';
import type { Demand } from './waiting.ts';
import type { Line } from './waiting-lines.ts';
import { isServed, mayBeWanted } from './wanted-agent.ts';

/** What a class of demand lacks: an agent that can do it, or a free slot of one. */
export type Lack = 'agent' | 'slot';

/** A lack that is over. `withdrawn`: its tasks were cancelled or expired, and still nobody alive can do them. */
export interface Adaptation {
  readonly lack: Lack;
  readonly outcome: 'adapted' | 'withdrawn';
  readonly seconds: number;
}

interface Open {
  readonly demand: Demand;
  readonly sinceMs: number;
  lack: Lack;
}

/** Follows which classes of demand have waiting tasks and no free agent; as many are open as there are such classes. */
export class Adaptations {
  readonly #open = new Map<string, Open>();

  /** Whether some class has nobody who can do it. */
  get lacksAgents(): boolean {
    for (const { lack } of this.#open.values()) if (lack === 'agent') return true;
    return false;
  }

  /** Looks at all lines, and returns the lacks that are over since the last look. */
  look(lines: Iterable<Line>, agents: AgentIndex, nowMs: number): Adaptation[] {
    const lacking = new Set<string>();
    for (const { size, className, demand } of lines) {
      if (size === 0 || lacking.has(className) || agents.candidates(demand, 1).length > 0) continue;
      const lack = isServed(agents, demand) ? 'slot' : 'agent';
      if (lack === 'agent' && !mayBeWanted(demand)) {
        // Nobody is asked to find an agent for it, so nothing adapts.
        this.#open.delete(className);
        continue;
      }
      lacking.add(className);
      const open = this.#open.get(className);
      if (open === undefined) this.#open.set(className, { demand, sinceMs: nowMs, lack });
      else if (lack === 'agent') open.lack = lack;
    }
    const over: Adaptation[] = [];
    for (const [className, { demand, sinceMs, lack }] of this.#open) {
      if (lacking.has(className)) continue;
      this.#open.delete(className);
      const outcome = isServed(agents, demand) ? 'adapted' : 'withdrawn';
      over.push({ lack, outcome, seconds: Math.max(0, nowMs - sinceMs) / 1000 });
    }
    return over;
  }
}
