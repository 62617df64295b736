import type { AgentIndex } from './agent-index.ts';
import type { IndexedAgent } from './indexed-agent.ts';
import type { MatchTerms, PlannedTask } from './placement.ts';
import { apartOf, withoutBeside } from './spread.ts';

/** Which of the candidates a task may go to, and why not to the others. */
export interface OpenTo {
  readonly agents: readonly IndexedAgent[];
  readonly resting: number;
  /** Candidates that have what the task is kept apart from. */
  readonly beside: number;
  /** All have it, and one of them gets the task all the same. */
  readonly crowded: boolean;
}

/**
 * Leaves out candidates that rest from the type of the task, and those that have what it is kept apart from. Looks among
 * more agents when none of the first ones is left: of those that rest there are few; for a task that is kept apart, all
 * that are free.
 */
export function openTo(
  { record: { spec }, demand }: PlannedTask,
  candidates: readonly IndexedAgent[],
  index: AgentIndex,
  terms: MatchTerms,
): OpenTo {
  const { routing, resting } = terms;
  const apart = apartOf(spec);
  const first = narrow(candidates);
  if (first.agents.length > 0 || candidates.length < routing.candidatesMax) return first;
  const limit = apart === undefined ? routing.candidatesMax + resting.size : index.freeAgents;
  const found = narrow(index.candidates(demand, limit));
  return { ...found, agents: found.agents.slice(0, routing.candidatesMax) };

  function narrow(given: readonly IndexedAgent[]): OpenTo {
    const awake = resting.awake(given, spec.task_type, terms.nowMs);
    const rests = given.length - awake.length;
    if (apart === undefined) return { agents: awake, resting: rests, beside: 0, crowded: false };
    const clear = withoutBeside(awake, apart, index, terms.held);
    const crowded = clear.length === 0 && awake.length > 0 && !apart.required;
    const beside = crowded ? 0 : awake.length - clear.length;
    return { agents: crowded ? awake : clear, resting: rests, beside, crowded };
  }
}
