// How high an agent stands among those that share a role, a skill or a label: its score as far as it is known before
// there is a task. Candidates are taken from the highest down, so that few need to be scored.
import { freeShare, type IndexedAgent } from './indexed-agent.ts';
import { performanceShare } from './performance-share.ts';
import type { Routing } from './routing.ts';

/** Steps between the worst and the best; agents of one level go by who is longest unused. */
export const LEVELS = 64;

/** What levels follow from; one for a fleet. */
export interface Standard {
  readonly routing: Pick<Routing, 'strategy' | 'weights' | 'prior'>;
  /** Mean time an attempt takes in the fleet, in seconds; 0 while it is not known. */
  readonly usualSeconds: number;
}

/**
 * The level of a free agent among those with a skill, or among those of whom none is asked: 1 to LEVELS. It says what the
 * strategy compares but for preferred skills and context, which belong to a task.
 */
export function levelOf(agent: IndexedAgent, skill: string | undefined, standard: Standard): number {
  const share = measure(agent, skill, standard);
  return 1 + Math.min(LEVELS - 1, Math.floor(LEVELS * share));
}

function measure(
  agent: IndexedAgent,
  skill: string | undefined,
  { routing, usualSeconds }: Standard,
): number {
  const level = skill === undefined ? 1 : (agent.skills.get(skill) ?? 0);
  switch (routing.strategy) {
    case 'score': {
      const { skill: ofSkill, performance: ofPerformance, availability: ofAvailability } = routing.weights;
      const sum = ofSkill + ofPerformance + ofAvailability;
      if (sum <= 0) return 0;
      const performance = performanceShare(agent.record.performance, usualSeconds, routing.prior);
      return (ofSkill * level + ofPerformance * performance + ofAvailability * freeShare(agent)) / sum;
    }
    case 'least-loaded':
      return freeShare(agent);
    case 'best-skilled':
      return level;
    case 'round-robin':
    case 'random':
      return 0;
  }
}
