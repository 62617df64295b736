// The search for an agent that can do what waiting tasks of a class demand and nobody alive can. Pure.
//
// A1. A search has at most one request under way. Its spawn id is stored before it is sent, and sent again until its
//     outcome is known: whoever sends it, how often ever, one agent is started.
// A2. The next request, with an id of its own, is made only after the outcome of the one before is known, and later
//     each time: `backoff`. The count begins anew only after the demand was served for a while.
import type {
  AgentDemand,
  AgentId,
  AgentStatus,
  DemandState,
  SpawnId,
  SpawnRecord,
} from '@nova-torch/protocol';
import type { AgentIndex } from './agent-index.ts';
import type { Demand } from './waiting.ts';

/** Where the search for one class stands, as it is stored. Times are Unix milliseconds of the broker's clock. */
export interface WantedAgent {
  readonly className: string;
  readonly state: DemandState;
  readonly noticedAtMs: number;
  /** When the next step is due, if nothing happens before. */
  readonly dueMs: number;
  /** Requests sent. */
  readonly attempts: number;
  readonly askedAtMs?: number | undefined;
  readonly spawnId?: SpawnId | undefined;
  readonly template?: string | undefined;
  readonly agentId?: AgentId | undefined;
  /** Why the last request whose outcome is known helped nobody. */
  readonly reason?: string | undefined;
  /** The limit of agents was in the way: worth a try when one ends. */
  readonly full?: boolean | undefined;
}

/** Lengths in ms. */
export interface SearchPeriods {
  /** A class is without a candidate for this long before anybody is asked. */
  readonly afterMs: number;
  /** An unanswered request is repeated after this long. */
  readonly answerMs: number;
  /** From the request until its agent should have registered; then its state is asked for. */
  readonly readyMs: number;
  /** From the word that the agent registered until it should be known as one that can do it. */
  readonly knownMs: number;
  /** Pause after the first outcome that helped nobody; doubled after each further one, at most `backoffMaxMs`. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
}

export type SearchStep =
  | { readonly kind: 'none' }
  | { readonly kind: 'notice' }
  /** Ask with a new spawn id. */
  | { readonly kind: 'ask' }
  /** Ask again with the same: the outcome is not known. */
  | { readonly kind: 'repeat' }
  /** The agent is there, and does not do. */
  | { readonly kind: 'give-up' }
  | { readonly kind: 'forget' };

export interface SearchFacts {
  /** Tasks of the class wait, and nobody alive can do them. */
  readonly unserved: boolean;
  /** Another request may be under way. */
  readonly mayAsk: boolean;
  readonly nowMs: number;
}

const REASON_CHARS_MAX = 400;

/** Whether an agent of this status will do tasks, now or soon: while one that can do them does, no other is asked for. */
const willServe = (status: AgentStatus): boolean =>
  status !== 'draining' && status !== 'offline' && status !== 'failed';

/** Whether an agent is asked for: what nothing in particular is demanded of, no template can be chosen for. */
export const mayBeWanted = ({ role, skills, labels }: Demand): boolean =>
  labels === undefined && (role !== undefined || skills.length > 0);

/** The demand as it is sent. */
export const agentDemand = ({ role, skills }: Demand): AgentDemand => ({
  ...(role === undefined ? {} : { role }),
  skills: [...skills],
});

/** Whether its request is under way: sent, and its agent not there yet. */
export const isOpen = ({ state }: WantedAgent): boolean => state === 'asked' || state === 'starting';

/** What to do about a class now. */
export function nextSearchStep(
  wanted: WantedAgent | undefined,
  { unserved, mayAsk, nowMs }: SearchFacts,
  periods: SearchPeriods,
): SearchStep {
  if (wanted === undefined) return { kind: unserved ? 'notice' : 'none' };
  const { state, dueMs, askedAtMs } = wanted;
  if (!unserved) {
    const served = askedAtMs === undefined || nowMs - askedAtMs >= settledAfterMs(wanted, periods);
    // A request that nobody answered has expired by now: it does not stand in the way of others.
    const expired = state === 'asked' && nowMs >= dueMs;
    return { kind: served || expired || state === 'refused' ? 'forget' : 'none' };
  }
  if (nowMs < dueMs) return { kind: 'none' };
  if (isOpen(wanted)) return { kind: 'repeat' };
  if (state === 'running') return { kind: 'give-up' };
  return { kind: mayAsk ? 'ask' : 'none' };
}

/** A demand that is served for this long after the last request is forgotten, and with it how often it failed. */
const settledAfterMs = ({ attempts }: WantedAgent, periods: SearchPeriods): number =>
  periods.readyMs + backoff(attempts, periods);

/** Pause after the `attempts`-th request. */
export const backoff = (attempts: number, { backoffMs, backoffMaxMs }: SearchPeriods): number =>
  Math.min(backoffMaxMs, backoffMs * 2 ** Math.min(Math.max(0, attempts - 1), 30));

export const notice = (className: string, nowMs: number, { afterMs }: SearchPeriods): WantedAgent => ({
  className,
  state: 'noticed',
  noticedAtMs: nowMs,
  dueMs: nowMs + afterMs,
  attempts: 0,
});

/** A request is about to be sent under this id. Why the last one helped nobody is told until more is known. */
export function ask(
  wanted: WantedAgent,
  spawnId: SpawnId,
  nowMs: number,
  periods: SearchPeriods,
): WantedAgent {
  const { className, noticedAtMs, attempts, reason } = wanted;
  return {
    className,
    state: 'asked',
    noticedAtMs,
    dueMs: nowMs + periods.answerMs,
    attempts: attempts + 1,
    askedAtMs: nowMs,
    spawnId,
    reason,
  };
}

/** The request is about to be sent again: later each time, while nobody answers. */
export const repeat = (wanted: WantedAgent, nowMs: number, periods: SearchPeriods): WantedAgent => ({
  ...wanted,
  attempts: wanted.attempts + 1,
  dueMs: nowMs + periods.answerMs + backoff(wanted.attempts, periods),
});

/** What the spawner says of the spawn; unchanged when it is news of another. */
export function takeSpawn(
  wanted: WantedAgent,
  spawn: SpawnRecord,
  nowMs: number,
  periods: SearchPeriods,
): WantedAgent {
  const { spawn_id, template, agent_id: agentId, state, reason = `it is ${state}` } = spawn;
  if (spawn_id !== wanted.spawnId || wanted.state === 'failed') return wanted;
  const known = { ...wanted, template, agentId };
  switch (state) {
    case 'starting': {
      // The answer may come after later news of the feed.
      if (wanted.state === 'running') return wanted;
      const dueMs = (wanted.askedAtMs ?? nowMs) + periods.readyMs;
      return { ...known, state: 'starting', dueMs: Math.max(dueMs, nowMs + periods.answerMs) };
    }
    case 'running':
      if (wanted.state === 'running') return wanted;
      return { ...known, state: 'running', dueMs: nowMs + periods.knownMs, reason: undefined };
    case 'stopping':
    case 'stopped':
    case 'failed':
      return fail(known, `the agent started from the template ${template} ended: ${reason}`, nowMs, periods);
  }
}

/** The request was refused. */
export const refuse = (
  wanted: WantedAgent,
  { code, detail }: { readonly code: string; readonly detail: string },
  nowMs: number,
  periods: SearchPeriods,
): WantedAgent => ({
  ...wanted,
  state: 'refused',
  reason: clip(detail),
  full: code === 'SPAWN_LIMIT',
  dueMs: nowMs + backoff(wanted.attempts, periods),
});

/** What was started does not do. */
export const fail = (
  wanted: WantedAgent,
  reason: string,
  nowMs: number,
  periods: SearchPeriods,
): WantedAgent => ({
  ...wanted,
  state: 'failed',
  reason: clip(reason),
  dueMs: nowMs + backoff(wanted.attempts, periods),
});

/** An agent ended, so there may be room: what was refused for the limit is asked for again now. */
export const afterRoom = (wanted: WantedAgent, nowMs: number): WantedAgent =>
  wanted.state === 'refused' && wanted.full === true
    ? { ...wanted, dueMs: Math.min(wanted.dueMs, nowMs) }
    : wanted;

/** Another router may have asked and not heard the outcome: what is under way is asked about again at once. */
export const taken = (wanted: WantedAgent, nowMs: number): WantedAgent =>
  isOpen(wanted) ? { ...wanted, dueMs: Math.min(wanted.dueMs, nowMs) } : wanted;

const clip = (reason: string): string => reason.replace(/\s+/g, ' ').trim().slice(0, REASON_CHARS_MAX);

/**
 * The demand somebody is searched for: without the agent it excludes, unless that one alone could do it. So many such
 * classes ask for one agent, not for one each.
 */
export function searchedDemand(agents: AgentIndex, demand: Demand): Demand {
  if (demand.otherThan === undefined) return demand;
  const { otherThan: _, ...anybody } = demand;
  return isServed(agents, anybody) ? demand : anybody;
}

/** Whether somebody alive can do what is demanded, now or when a slot is free. */
export function isServed(agents: AgentIndex, demand: Demand): boolean {
  for (const { record } of agents.able(demand)) if (willServe(record.status)) return true;
  return false;
}
