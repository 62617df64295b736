import type { AgentIndex } from './agent-index.ts';
import { canDo, type IndexedAgent } from './indexed-agent.ts';
import type { Parked } from './match.ts';
import type { MatchTerms } from './placement.ts';
import { isBeside } from './spread.ts';

/**
 * Those of the tasks set aside that may be given away now that this agent has a free slot, or has one task less. Of tasks
 * that are kept apart from one another the first: whoever gets it is not for the others.
 */
export function freedBy(
  agent: IndexedAgent,
  parked: Iterable<Parked>,
  index: AgentIndex,
  { resting, held, nowMs }: MatchTerms,
): Parked[] {
  const back: Parked[] = [];
  const firsts = new Map<string, Parked>();
  for (const one of parked) {
    const { line, waiter, taskType, apart } = one;
    // One less on the host may also help those that others on the host can take.
    const mayServe = canDo(agent, line.demand) && resting.isAwake(agent, taskType, nowMs);
    if (apart?.over !== 'host' && !mayServe) continue;
    if (apart === undefined) {
      back.push(one);
      continue;
    }
    if (isBeside(agent, apart, index, held)) continue;
    const group = JSON.stringify([apart.label, apart.value, line.className]);
    const first = firsts.get(group);
    if (first === undefined || waiter.score < first.waiter.score) firsts.set(group, one);
  }
  return [...back, ...firsts.values()];
}
