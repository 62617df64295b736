import {
  type AgentId,
  DECISION_CANDIDATES_MAX,
  type RoutingStrategy,
  type ScoreFactors,
  type TaskSpec,
} from '@nova-torch/protocol';
import type { FoundWishes } from './analysis/analyse.ts';
import { freeShare, type IndexedAgent } from './indexed-agent.ts';
import { performanceShare } from './performance-share.ts';
import { DEFAULT_ROUTING, type PerformancePrior, type Routing } from './routing.ts';
import type { TaskRecord } from './task-record.ts';

export interface ScoredAgent {
  readonly agent: IndexedAgent;
  /** What the strategy compares: the highest goes first. */
  readonly score: number;
  readonly factors: ScoreFactors;
}

/** The agent chosen, and what it was compared with. */
export interface Choice extends ScoredAgent {
  /** The best in order, itself the first; at most DECISION_CANDIDATES_MAX. */
  readonly top: readonly ScoredAgent[];
  /** Candidates scored. */
  readonly scored: number;
}

/** What of a task matters for the choice. */
export interface Wanted {
  readonly spec: TaskSpec;
  /** Whose attempt at it failed last. */
  readonly failedAgentId?: AgentId | undefined;
  /** What its text asks for: preferred, never required. */
  readonly found?: FoundWishes | undefined;
}

export const wantedOf = ({ spec, live }: Pick<TaskRecord, 'spec' | 'live'>): Wanted => ({
  spec,
  failedAgentId: live.failed_agent_id,
  found: live.found,
});

/** Whether every agent scores the same for it as for any other such task of its class of demand. */
export const isLikeItsClass = ({ spec, failedAgentId, found }: Wanted): boolean =>
  failedAgentId === undefined &&
  found === undefined &&
  spec.preferred_skills.length === 0 &&
  spec.preferred_agent === undefined &&
  spec.workflow_id === undefined &&
  (spec.affinity === undefined || spec.affinity.required);

/** What a strategy compares agents by; one signature for all. */
type Measure = (factors: ScoreFactors, routing: Routing) => number;

const MEASURES: Readonly<Record<RoutingStrategy, Measure>> = {
  score: ({ skill, performance, availability, context }, { weights }) =>
    weights.skill * skill +
    weights.performance * performance +
    weights.availability * availability +
    weights.context * context,
  'least-loaded': ({ availability }) => availability,
  'best-skilled': ({ skill }) => skill,
  // All are equal, and the one used least recently goes first.
  'round-robin': () => 0,
  random: (_, { random }) => random(),
};

/** Enough to tell agents apart that are equal otherwise: who is given a task is no longer the least recently used. */
const USED_STEP = 1e-6;

/** What the score of a task loses for each other one that is given to the agent in the same go. */
export function slotStep({ record: { capacity } }: IndexedAgent, { strategy, weights }: Routing): number {
  if (strategy === 'score') return Math.max(USED_STEP, weights.availability / capacity);
  return strategy === 'least-loaded' ? 1 / capacity : USED_STEP;
}

/** The best of the candidates: highest score, then least recently used. Undefined when there is none. */
export function chooseAgent(
  wanted: Wanted,
  candidates: readonly IndexedAgent[],
  routing: Routing = DEFAULT_ROUTING,
): Choice | undefined {
  const top = rankAgents(wanted, candidates, routing, DECISION_CANDIDATES_MAX);
  const [best] = top;
  return best === undefined ? undefined : { ...best, top, scored: candidates.length };
}

/** The best `count` of the candidates, in order; the last of them gives way to `always`, if that is not among them. */
export function rankAgents(
  wanted: Wanted,
  candidates: readonly IndexedAgent[],
  routing: Routing,
  count: number,
  always?: IndexedAgent,
): ScoredAgent[] {
  const usualSeconds = meanSeconds(candidates);
  const measure = MEASURES[routing.strategy];
  const top: ScoredAgent[] = [];
  let kept: ScoredAgent | undefined;
  for (const agent of candidates) {
    const factors = factorsOf(wanted, agent, usualSeconds, routing.prior);
    const score = measure(factors, routing);
    if (agent === always) kept = { agent, score, factors };
    if (top.length === count && !goesBefore(score, agent, top[count - 1])) continue;
    insert(top, { agent, score, factors }, count);
  }
  if (kept !== undefined && !top.some(({ agent }) => agent === always)) top.splice(-1, 1, kept);
  return top;
}

/** Puts one in its place; the last falls out when there are more than `count`. */
function insert(top: ScoredAgent[], one: ScoredAgent, count: number): void {
  let at = Math.min(top.length, count - 1);
  for (; at > 0; at -= 1) {
    const before = top[at - 1];
    if (before === undefined || !goesBefore(one.score, one.agent, before)) break;
    top[at] = before;
  }
  top[at] = one;
}

/** Scores closer than this are equal: sums of floating-point shares differ in their last digits. */
const EQUAL = 1e-9;

function goesBefore(score: number, agent: IndexedAgent, other: ScoredAgent | undefined): boolean {
  if (other === undefined || score > other.score + EQUAL) return true;
  return score > other.score - EQUAL && agent.lastUsed < other.agent.lastUsed;
}

function factorsOf(
  wanted: Wanted,
  agent: IndexedAgent,
  usualSeconds: number,
  prior: PerformancePrior,
): ScoreFactors {
  return {
    skill: skillMatch(wanted, agent),
    performance: performanceShare(agent.record.performance, usualSeconds, prior),
    availability: freeShare(agent),
    context: contextOf(wanted, agent),
  };
}

/**
 * Mean level of the required skills, and the share of the preferred ones (by level); 3 to 1. A role that was found counts
 * as a skill.
 */
function skillMatch({ spec, found }: Wanted, { record, skills }: IndexedAgent): number {
  const { required_skills, preferred_skills } = spec;
  if (found === undefined)
    return 0.75 * meanLevel(required_skills, skills) + 0.25 * meanLevel(preferred_skills, skills);
  const preferred = [...new Set([...preferred_skills, ...(found.skills ?? [])])];
  const roleHeld = found.role !== undefined && found.role === record.role ? 1 : 0;
  const wishes = preferred.length + (found.role === undefined ? 0 : 1);
  return 0.75 + (0.25 * (meanLevel(preferred, skills) * preferred.length + roleHeld)) / wishes;
}

function meanLevel(names: readonly string[], levels: ReadonlyMap<string, number>): number {
  if (names.length === 0) return 1;
  let sum = 0;
  for (const name of names) sum += levels.get(name) ?? 0;
  return sum / names.length;
}

/** What all preferred labels together add to the context. */
const LABELS_SHARE = 0.25;

/**
 * 1 for the agent the submitter prefers, 0 for the one whose attempt just failed; else a half, three quarters within the
 * same workflow, and up to a quarter more by the share of the preferred labels the agent has.
 */
function contextOf({ spec, failedAgentId }: Wanted, agent: IndexedAgent): number {
  if (agent.id === failedAgentId) return 0;
  if (agent.id === spec.preferred_agent) return 1;
  const known = spec.workflow_id !== undefined && spec.workflow_id === agent.workflowId ? 0.75 : 0.5;
  const { affinity } = spec;
  if (affinity === undefined || affinity.required) return known;
  const wanted = Object.entries(affinity.labels);
  const has = wanted.filter(([name, value]) => agent.record.labels[name] === value).length;
  return known + (LABELS_SHARE * has) / wanted.length;
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
