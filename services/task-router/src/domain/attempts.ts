// The ends of an attempt that are not the task's completion.
//
// A1. A failed attempt with tries left waits for its delay and gets another; without, the task fails.
// A2. A lost agent spends the attempt but there is no delay: the fault is not the task's.
// A3. A task given back unstarted spends nothing, at most RETURNS_MAX times (I7).
// A4. What fails for good because no attempt is left is a dead letter too, with its attempts.
import type { AgentId, TaskError } from '@nova-torch/protocol';
import { type DeadTask, type Draft, type Moment, move, ROUTER, send } from './draft.ts';
import { endWithout, holderOf, RELEASED, workerOf } from './endings.ts';
import { attemptFailed, stop } from './letters.ts';
import { retryDelayMs } from './retry-backoff.ts';
import { attemptsMax, type FailedAttempt } from './task-record.ts';

/** How often a task may be given back unstarted before that counts as an attempt. */
export const RETURNS_MAX = 100;
/** Failed attempts remembered of a task, and characters of the error of each. */
const FAILURES_KEPT = 50;
const FAILURE_CHARS_MAX = 300;

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
  const agentId = workerOf(draft);
  const told = end.tellAgent === true ? tellToStop(draft, end.error.message) : draft;
  const step = { atMs: nowMs, actor: end.actor, agentId };
  if (live.attempt >= attemptsMax(spec)) return giveUp(told, 'attempts_exhausted', end.error, step);
  if (end.retryable === false) return giveUp(told, 'not_retryable', end.error, step);
  const retryAtMs = nowMs + retryDelayMs(spec.retry_backoff, live.attempt, random());
  const announced =
    agentId === undefined ? told : send(told, attemptFailed(draft.record, agentId, nowMs, end.error));
  const scheduled = move(announced, 'scheduled', {
    ...step,
    reason: end.error.message,
    error: end.error,
    live: { ...freed(agentId), ...failed(draft, end.error, nowMs), retry_at_ms: retryAtMs },
  });
  return retryAtMs > nowMs ? scheduled : becomeReady(scheduled, nowMs, 'the delay is over');
}

/** The holder is gone, or never started (A2): to another agent at once, or failed when no try is left. */
export function loseAttempt(draft: Draft, end: AttemptEnd, nowMs: number): Draft {
  const { live, spec } = draft.record;
  const agentId = workerOf(draft);
  const told = end.tellAgent === true ? tellToStop(draft, end.error.message) : draft;
  const step = { atMs: nowMs, actor: end.actor, agentId };
  if (live.attempt >= attemptsMax(spec)) return giveUp(told, 'attempts_exhausted', end.error, step);
  const announced =
    agentId === undefined ? told : send(told, attemptFailed(draft.record, agentId, nowMs, end.error));
  return move(announced, 'ready', {
    ...step,
    reason: end.error.message,
    error: end.error,
    live: { ...freed(agentId), ...failed(draft, end.error, nowMs) },
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
    agentId: workerOf(draft),
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
  claimed_at_ms: undefined,
  failed_agent_id: failedAgentId,
});

/** What is remembered of a failed attempt. */
function failed({ record: { live } }: Draft, error: TaskError, nowMs: number) {
  const begunMs = live.started_at_ms ?? live.assigned_at_ms ?? nowMs;
  const message =
    error.message.length > FAILURE_CHARS_MAX
      ? `${error.message.slice(0, FAILURE_CHARS_MAX - 1)}…`
      : error.message;
  const failure: FailedAttempt = {
    at_ms: nowMs,
    agent_id: live.agent_id,
    duration_ms: Math.max(0, nowMs - begunMs),
    error: { ...error, message },
  };
  return { error, failures: [...(live.failures ?? []), failure].slice(-FAILURES_KEPT) };
}

/** No attempt is left (A4). What judges another task is not worth a letter: that one has its own. */
function giveUp(
  draft: Draft,
  reason: DeadTask['reason'],
  error: TaskError,
  step: { readonly atMs: number; readonly actor: string; readonly agentId: AgentId | undefined },
): Draft {
  const ended = endWithout(draft, 'failed', error, { ...step, live: { failed_agent_id: step.agentId } });
  if (draft.record.live.judges !== undefined) return ended;
  const { failures } = failed(draft, error, step.atMs);
  return { ...ended, deadLetter: { reason, error, failures } };
}

function tellToStop(draft: Draft, reason: string): Draft {
  const agentId = holderOf(draft);
  if (agentId === undefined) return draft;
  return send(draft, stop(draft.record, agentId, draft.record.epoch, reason));
}
