import type { AgentIndex } from './agent-index.ts';
import { canDo, type IndexedAgent } from './indexed-agent.ts';
import { isMovable, type MatchTerms, type Placement } from './placement.ts';
import type { Demand } from './waiting.ts';

/** How an agent is made free: each of the placements moves to the agent of the next, the last one to a free agent. */
export interface Room {
  /** Who becomes free. */
  readonly agent: IndexedAgent;
  readonly moves: readonly Placement[];
  readonly to: IndexedAgent;
}

interface Step {
  readonly agent: IndexedAgent;
  /** Which placement would come here, when its own agent is made free for another. */
  readonly comer: Placement | undefined;
  readonly before: Step | undefined;
}

/**
 * Looks for the shortest chain of moves that makes an agent free for a demand. When there is none, the agents looked at
 * are added to `stuck` and not looked at again: a chain that does not exist now is not made possible by later placements
 * (Berge 1957), so all questions of a plan together look at each agent's tasks once in vain.
 */
export function findRoom(
  demand: Demand,
  placements: readonly Placement[],
  index: AgentIndex,
  { routing, resting, nowMs }: MatchTerms,
  stuck: Set<IndexedAgent>,
): Room | undefined {
  if (!placements.some(({ seat: { agent } }) => !stuck.has(agent) && canDo(agent, demand))) return undefined;
  const byAgent = Map.groupBy(
    placements.filter((one) => isMovable(one, resting)),
    ({ seat }) => seat.agent,
  );
  const seen = new Set<IndexedAgent>();
  const queue: Step[] = [];
  const enter = (wanted: Demand, comer: Placement | undefined, before: Step | undefined): void => {
    for (const agent of byAgent.keys()) {
      if (seen.has(agent) || stuck.has(agent) || !canDo(agent, wanted)) continue;
      if (comer !== undefined && resting.restOf(agent.id, comer.record.spec.task_type) !== undefined)
        continue;
      seen.add(agent);
      queue.push({ agent, comer, before });
    }
  };
  const freeFor = new Map<string, readonly IndexedAgent[]>();
  enter(demand, undefined, undefined);
  for (const step of queue) {
    for (const placement of byAgent.get(step.agent) ?? []) {
      const { className, record } = placement;
      const free = freeFor.get(className) ?? index.candidates(placement.demand, routing.candidatesMax);
      const to = free.find((agent) => resting.isAwake(agent, record.spec.task_type, nowMs));
      if (to !== undefined) return roomFrom(step, placement, to);
      if (freeFor.has(className)) continue;
      freeFor.set(className, free);
      enter(placement.demand, placement, step);
    }
  }
  for (const agent of seen) stuck.add(agent);
  return undefined;
}

function roomFrom(last: Step, placement: Placement, to: IndexedAgent): Room {
  const moves = [placement];
  let step = last;
  while (step.comer !== undefined && step.before !== undefined) {
    moves.unshift(step.comer);
    step = step.before;
  }
  return { agent: step.agent, moves, to };
}
