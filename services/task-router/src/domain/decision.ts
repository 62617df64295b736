import type {
  AgentId,
  BatchReason,
  PassedOver,
  RoutingStrategy,
  ScoredCandidate,
  ScoreFactors,
  TaskDecision,
  TaskId,
} from '@nova-torch/protocol';
import { DECISIONS_KEPT } from '@nova-torch/protocol';
import type { Choice, ScoredAgent } from './choose-agent.ts';
import type { Routing } from './routing.ts';

/** What an assignment rests on. */
export interface Grounds {
  readonly choice: Choice;
  readonly passedOver: PassedOver;
  readonly routing: Routing;
  /** Absent when it got the agent it scores best with, of those that were looked at. */
  readonly instead?: Instead;
  /** Every candidate had what it should be kept apart from. */
  readonly crowded?: true;
}

/** Why another agent than the best-scored one. */
export interface Instead {
  readonly bestId: AgentId;
  /** Who got the best-scored one. */
  readonly taskId: TaskId;
  /** Tasks given away together. */
  readonly tasks: number;
  readonly why: BatchReason;
}

/** A decision as it is kept with the record. */
export interface KeptDecision {
  /** Place among the last DECISIONS_KEPT of the task. */
  readonly place: number;
  readonly json: string;
}

/** Those passed over, with candidates counted in that rest from tasks of the type, or have what it is kept apart from. */
export function withKeptFrom(
  passedOver: PassedOver,
  { resting, beside }: { readonly resting: number; readonly beside: number },
): PassedOver {
  if (resting === 0 && beside === 0) return passedOver;
  return {
    ...passedOver,
    ...(resting > 0 && { resting: (passedOver.resting ?? 0) + resting }),
    ...(beside > 0 && { spread: beside }),
  };
}

type Shares = readonly [skill: number, performance: number, availability: number, context: number];

/** The kept form: no names for what there is five times. Shares and scores are in thousandths. */
interface Kept {
  /** attempt */
  readonly n: number;
  /** epoch */
  readonly e: number;
  readonly at: number;
  readonly s: RoutingStrategy;
  /** weights */
  readonly w: Shares;
  /** candidates scored */
  readonly k: number;
  readonly c: readonly (readonly [AgentId, score: number, ...Shares])[];
  /** passed over */
  readonly f: PassedOver;
  /** Who got it, as a place among the candidates; the first when absent. */
  readonly a?: number;
  /** instead of the best */
  readonly b?: Instead;
  /** crowded */
  readonly x?: 1;
}

const thousandths = (share: number): number => Math.round(share * 1000);

function row({ agent, score, factors }: ScoredAgent): string {
  const { skill, performance, availability, context } = factors;
  // Ids consist of letters, digits and dashes.
  return `["${agent.id}",${thousandths(score)},${thousandths(skill)},${thousandths(performance)},${thousandths(availability)},${thousandths(context)}]`;
}

/** The decision behind an assignment. Written by hand: it is part of every assignment, and JSON.stringify costs twice that. */
export function keepDecision(
  { choice, passedOver, routing, instead, crowded }: Grounds,
  { attempt, epoch, nowMs }: { readonly attempt: number; readonly epoch: number; readonly nowMs: number },
): KeptDecision {
  const { skill, performance, availability, context } = routing.weights;
  let rows = '';
  for (const one of choice.top) rows += rows === '' ? row(one) : `,${row(one)}`;
  const place = choice.top.findIndex(({ agent }) => agent === choice.agent);
  const rare =
    `${place > 0 ? `,"a":${place}` : ''}${crowded ? ',"x":1' : ''}` +
    `${instead === undefined ? '' : `,"b":${JSON.stringify(instead)}`}`;
  const json =
    `{"n":${attempt},"e":${epoch},"at":${nowMs},"s":"${routing.strategy}",` +
    `"w":[${skill},${performance},${availability},${context}],"k":${choice.scored},"c":[${rows}],` +
    `"f":${JSON.stringify(passedOver)}${rare}}`;
  return { place: attempt % DECISIONS_KEPT, json };
}

/** A decision from its kept form. Throws SyntaxError for a damaged one: only this service writes them. */
export function readDecision(json: string): TaskDecision | undefined {
  const { n, e, at, s, w, k, c, f, a = 0, b, x } = JSON.parse(json) as Kept;
  const candidates = c.map(
    ([agent_id, score, ...shares]): ScoredCandidate => ({
      agent_id,
      score: score / 1000,
      factors: factorsFrom(shares, 1000),
    }),
  );
  const chosen = candidates[a];
  if (chosen === undefined) return undefined;
  return {
    attempt: n,
    epoch: e,
    at_ms: at,
    agent_id: chosen.agent_id,
    strategy: s,
    weights: factorsFrom(w, 1),
    scored: k,
    candidates,
    passed_over: f,
    ...(b !== undefined && { batch: batchOf(b) }),
    ...(x !== undefined && { crowded: true }),
  };
}

const batchOf = ({ bestId, taskId, tasks, why }: Instead): TaskDecision['batch'] => ({
  ...{ tasks, best_agent_id: bestId, given_to: taskId, reason: why },
});

const factorsFrom = ([skill, performance, availability, context]: Shares, unit: number): ScoreFactors => ({
  skill: skill / unit,
  performance: performance / unit,
  availability: availability / unit,
  context: context / unit,
});

/** A candidate as it is told. */
export const candidateOf = ({ agent, score, factors }: ScoredAgent): ScoredCandidate => ({
  agent_id: agent.id,
  score: thousandths(score) / 1000,
  factors: {
    skill: thousandths(factors.skill) / 1000,
    performance: thousandths(factors.performance) / 1000,
    availability: thousandths(factors.availability) / 1000,
    context: thousandths(factors.context) / 1000,
  },
});
