import type {
  AgentId,
  PassedOver,
  RoutingStrategy,
  ScoredCandidate,
  ScoreFactors,
  TaskDecision,
} from '@nova-torch/protocol';
import { DECISIONS_KEPT } from '@nova-torch/protocol';
import type { Choice, ScoredAgent } from './choose-agent.ts';
import type { Routing } from './routing.ts';

/** What an assignment rests on. */
export interface Grounds {
  readonly choice: Choice;
  readonly passedOver: PassedOver;
  readonly routing: Routing;
}

/** A decision as it is kept with the record. */
export interface KeptDecision {
  /** Place among the last DECISIONS_KEPT of the task. */
  readonly place: number;
  readonly json: string;
}

/** Those passed over, with candidates that rest from tasks of the type counted in. */
export const withResting = (passedOver: PassedOver, count: number): PassedOver =>
  count === 0 ? passedOver : { ...passedOver, resting: (passedOver.resting ?? 0) + count };

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
}

const thousandths = (share: number): number => Math.round(share * 1000);

function row({ agent, score, factors }: ScoredAgent): string {
  const { skill, performance, availability, context } = factors;
  // Ids consist of letters, digits and dashes.
  return `["${agent.id}",${thousandths(score)},${thousandths(skill)},${thousandths(performance)},${thousandths(availability)},${thousandths(context)}]`;
}

/** The decision behind an assignment. Written by hand: it is part of every assignment, and JSON.stringify costs twice that. */
export function keepDecision(
  { choice, passedOver, routing }: Grounds,
  { attempt, epoch, nowMs }: { readonly attempt: number; readonly epoch: number; readonly nowMs: number },
): KeptDecision {
  const { skill, performance, availability, context } = routing.weights;
  let rows = '';
  for (const one of choice.top) rows += rows === '' ? row(one) : `,${row(one)}`;
  const json =
    `{"n":${attempt},"e":${epoch},"at":${nowMs},"s":"${routing.strategy}",` +
    `"w":[${skill},${performance},${availability},${context}],"k":${choice.scored},"c":[${rows}],` +
    `"f":${JSON.stringify(passedOver)}}`;
  return { place: attempt % DECISIONS_KEPT, json };
}

/** A decision from its kept form. Throws SyntaxError for a damaged one: only this service writes them. */
export function readDecision(json: string): TaskDecision | undefined {
  const { n, e, at, s, w, k, c, f } = JSON.parse(json) as Kept;
  const candidates = c.map(
    ([agent_id, score, ...shares]): ScoredCandidate => ({
      agent_id,
      score: score / 1000,
      factors: factorsFrom(shares, 1000),
    }),
  );
  const [chosen] = candidates;
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
  };
}

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
