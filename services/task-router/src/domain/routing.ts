import type { AssignmentMode, RoutingStrategy, ScoreFactors } from '@nova-torch/protocol';

/** How agents are chosen: deploy/config/routing.yaml, and where chance comes from. */
export interface Routing {
  readonly strategy: RoutingStrategy;
  readonly assignment: AssignmentMode;
  /** Of the factors in the score; the score is their weighted sum. */
  readonly weights: ScoreFactors;
  readonly prior: PerformancePrior;
  /** Agents scored per decision, at most: its cost does not grow with the fleet. */
  readonly candidatesMax: number;
  /** A number in [0, 1), for the strategy `random`. */
  random(): number;
}

/** As if every agent had once ended `attempts` attempts with this success: newcomers are neither banned nor favoured. */
export interface PerformancePrior {
  readonly attempts: number;
  readonly success: number;
}

/** What holds without a file, but chance: `random` takes the first in place of any. */
export const DEFAULT_ROUTING: Routing = {
  strategy: 'score',
  assignment: 'batch',
  weights: { skill: 0.4, performance: 0.3, availability: 0.2, context: 0.1 },
  prior: { attempts: 5, success: 0.8 },
  candidatesMax: 16,
  random: () => 0,
};
