// The ends of an attempt that are not the task's completion.
//
// A1. A failed attempt with tries left waits for its delay and gets another; without, the task fails.
// A2. A lost agent spends the attempt but there is no delay: the fault is not the task's.
// A3. A task given back unstarted spends nothing, at most RETURNS_MAX times (I7).
import type { AgentId, TaskError } from '@nova-torch/protocol';
import { type Draft, type Moment, move, ROUTER, send } from './draft.ts';
import { endWithout, holderOf, RELEASED } from './endings.ts';
import { attemptFailed, stop } from './letters.ts';
import { retryDelayMs } from './retry-backoff.ts';
import { attemptsMax } from './task-record.ts';

/** How often a task may be given back unstarted before that counts as an attempt. */
export const RETURNS_MAX = 100;

export interface AttemptEnd {
  readonly error: TaskError;
  /** Who says so. */
  readonly actor: string;
  /** False uses up all tries. Default true. */
  readonly retryable?: boolean;
  /** Tell the agent to stop, when it does not know yet. */
  readonly tellAgent?: boolean;
}

/** The holder's attempt failed (A1). */
export function failAttempt(draft: Draft, end: AttemptEnd, { nowMs, random }: Moment): Draft {
  const { live, spec } = draft.record;
  const agentId = holderOf(draft);
  const told = end.tellAgent === true ? tellToStop(draft, end.error.message) : draft;
  const step = { atMs: nowMs, actor: end.actor, agentId };
  if (end.retryable === false || live.attempt >= attemptsMax(spec)) {
    return endWithout(told, 'failed', end.error, { ...step, live: { failed_agent_id: agentId } });
  }
  const retryAtMs = nowMs + retryDelayMs(spec.retry_backoff, live.attempt, random());
  const announced =
    agentId === undefined ? told : send(told, attemptFailed(draft.record, agentId, nowMs, end.error));
  const scheduled = move(announced, 'scheduled', {
    ...step,
    reason: end.error.message,
    error: end.error,
    live: { ...freed(agentId), error: end.error, retry_at_ms: retryAtMs },
  });
  return retryAtMs > nowMs ? scheduled : becomeReady(scheduled, nowMs, 'the delay is over');
}

/** The holder is gone, or never started (A2): to another agent at once, or failed when no try is left. */
export function loseAttempt(draft: Draft, end: AttemptEnd, nowMs: number): Draft {
  const { live, spec } = draft.record;
  const agentId = holderOf(draft);
  const told = end.tellAgent === true ? tellToStop(draft, end.error.message) : draft;
  const step = { atMs: nowMs, actor: end.actor, agentId };
  if (live.attempt >= attemptsMax(spec)) {
    return endWithout(told, 'failed', end.error, { ...step, live: { failed_agent_id: agentId } });
  }
  const announced =
    agentId === undefined ? told : send(told, attemptFailed(draft.record, agentId, nowMs, end.error));
  return move(announced, 'ready', {
    ...step,
    reason: end.error.message,
    error: end.error,
    live: { ...freed(agentId), error: end.error },
  });
}

/** A draining agent gives the task back unstarted (A3). */
export function returnAttempt(draft: Draft, reason: string, actor: string, nowMs: number): Draft {
  const { live } = draft.record;
  if (live.returns >= RETURNS_MAX) {
    const error = {
      code: 'AGENT_LOST',
      message: `given back unstarted for the ${live.returns + 1}th time: ${reason}`,
    };
    return loseAttempt(draft, { error, actor }, nowMs);
  }
  return move(draft, 'ready', {
    atMs: nowMs,
    actor,
    reason: `given back unstarted: ${reason}`,
    agentId: holderOf(draft),
    live: { ...freed(undefined), attempt: Math.max(0, live.attempt - 1), returns: live.returns + 1 },
  });
}

/** Nothing it depends on is open any more: ready, or scheduled when its time to run has not come. */
export function unblock(draft: Draft, runAtMs: number, nowMs: number, reason: string): Draft {
  if (runAtMs <= nowMs) return becomeReady(draft, nowMs, reason);
  const step = { atMs: nowMs, actor: ROUTER, reason: `${reason}; to run at ${draft.record.spec.run_at}` };
  return move(draft, 'scheduled', { ...step, live: { retry_at_ms: runAtMs } });
}

/** The wait is over: the delay, the time to run, or the dependencies. */
export function becomeReady(draft: Draft, nowMs: number, reason: string): Draft {
  return move(draft, 'ready', {
    atMs: nowMs,
    actor: ROUTER,
    reason,
    live: { retry_at_ms: undefined, ready_at_ms: draft.record.live.ready_at_ms ?? nowMs },
  });
}

const freed = (failedAgentId: AgentId | undefined) => ({
  ...RELEASED,
  agent_id: undefined,
  assigned_at_ms: undefined,
  started_at_ms: undefined,
  failed_agent_id: failedAgentId,
});

function tellToStop(draft: Draft, reason: string): Draft {
  const agentId = holderOf(draft);
  if (agentId === undefined) return draft;
  return send(draft, stop(draft.record, agentId, draft.record.epoch, reason));
}
