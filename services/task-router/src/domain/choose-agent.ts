import type { AgentId, AgentPerformance, TaskSpec } from '@nova-torch/protocol';
import { freeSlots, type IndexedAgent } from './agent-index.ts';
import type { FoundWishes } from './analysis/analyse.ts';

/** At most this many agents are scored per decision, so its cost does not grow with the fleet. */
export const CANDIDATES_MAX = 64;

export interface ScoreWeights {
  readonly skill: number;
  readonly performance: number;
  readonly availability: number;
  readonly context: number;
}
export const DEFAULT_WEIGHTS: ScoreWeights = {
  skill: 0.4,
  performance: 0.3,
  availability: 0.2,
  context: 0.1,
};

/** Each between 0 and 1. */
export interface ScoreFactors {
  readonly skill: number;
  readonly performance: number;
  readonly availability: number;
  readonly context: number;
}

export interface ScoredAgent {
  readonly agent: IndexedAgent;
  readonly score: number;
  readonly factors: ScoreFactors;
}

/** What of a task matters for the choice. */
export interface Wanted {
  readonly spec: TaskSpec;
  /** Whose attempt at it failed last. */
  readonly failedAgentId?: AgentId | undefined;
  /** What its text asks for: preferred, never required. */
  readonly found?: FoundWishes | undefined;
}

/** The best of the candidates: highest score, then least recently used. Undefined when there is none. */
export function chooseAgent(
  wanted: Wanted,
  candidates: readonly IndexedAgent[],
  weights: ScoreWeights = DEFAULT_WEIGHTS,
): ScoredAgent | undefined {
  const [only] = candidates;
  if (only === undefined) return undefined;
  const usualSeconds = meanSeconds(candidates);
  let best: ScoredAgent | undefined;
  for (const agent of candidates) {
    const scored = scoreAgent(wanted, agent, usualSeconds, weights);
    if (
      best === undefined ||
      scored.score > best.score + EQUAL ||
      (scored.score > best.score - EQUAL && agent.lastUsed < best.agent.lastUsed)
    ) {
      best = scored;
    }
  }
  return best;
}

/** Scores closer than this are equal: sums of floating-point shares differ in their last digits. */
const EQUAL = 1e-9;

export function scoreAgent(
  wanted: Wanted,
  agent: IndexedAgent,
  usualSeconds: number,
  weights: ScoreWeights,
): ScoredAgent {
  const factors: ScoreFactors = {
    skill: skillMatch(wanted, agent),
    performance: performanceOf(agent.record.performance, usualSeconds),
    availability: freeSlots(agent) / agent.record.capacity,
    context: contextOf(wanted, agent),
  };
  const score =
    weights.skill * factors.skill +
    weights.performance * factors.performance +
    weights.availability * factors.availability +
    weights.context * factors.context;
  return { agent, score, factors };
}

/** Mean level of the required skills, and the share of the preferred ones (by level); 3 to 1. A role that was found counts as a skill. */
function skillMatch({ spec, found }: Wanted, agent: IndexedAgent): number {
  const mean = (names: readonly string[]): number =>
    names.length === 0
      ? 1
      : names.reduce((sum, name) => sum + (agent.skills.get(name) ?? 0), 0) / names.length;
  if (found === undefined) return 0.75 * mean(spec.required_skills) + 0.25 * mean(spec.preferred_skills);
  const { role, skills = [] } = found;
  const preferred = new Set([...spec.preferred_skills, ...skills]);
  const roleHeld = role !== undefined && role === agent.record.role ? 1 : 0;
  const wishes = preferred.size + (role === undefined ? 0 : 1);
  return 0.75 + (0.25 * (mean([...preferred]) * preferred.size + roleHeld)) / wishes;
}

/** As if every agent had once ended this many attempts with this success: newcomers are neither banned nor favoured. */
const PRIOR_ATTEMPTS = 5;
const PRIOR_SUCCESS = 0.8;

/** Smoothed success rate, and speed against the mean of the candidates; 7 to 3. */
function performanceOf(performance: AgentPerformance, usualSeconds: number): number {
  const { tasks_completed: done, success_rate: rate, avg_completion_time: seconds } = performance;
  const attempts = rate > 0 ? done / rate : done;
  const success = (done + PRIOR_SUCCESS * PRIOR_ATTEMPTS) / (attempts + PRIOR_ATTEMPTS);
  const speed = seconds > 0 && usualSeconds > 0 ? usualSeconds / (usualSeconds + seconds) : 0.5;
  return 0.7 * success + 0.3 * speed;
}

/** 1 for the agent the submitter prefers, 0 for the one whose attempt just failed, more than half for the same workflow. */
function contextOf({ spec, failedAgentId }: Wanted, agent: IndexedAgent): number {
  if (agent.id === failedAgentId) return 0;
  if (agent.id === spec.preferred_agent) return 1;
  return spec.workflow_id !== undefined && spec.workflow_id === agent.workflowId ? 0.75 : 0.5;
}

function meanSeconds(candidates: readonly IndexedAgent[]): number {
  let sum = 0;
  let count = 0;
  for (const { record } of candidates) {
    if (record.performance.avg_completion_time <= 0) continue;
    sum += record.performance.avg_completion_time;
    count += 1;
  }
  return count === 0 ? 0 : sum / count;
}
