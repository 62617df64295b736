// What an agent's report makes of a task.
//
// R1. A report counts only if agent, epoch and lease are those of the assignment that is held now (invariant I5).
// R2. A report that was taken before is recognised and changes nothing.
// R3. `completed` is a claim: the task ends well only if its success criteria hold (invariant I10).
import {
  ERROR_MESSAGE_CHARS_MAX,
  isHeld,
  type MessageOfType,
  RESULT_BYTES_MAX,
  type TaskError,
} from '@nova-torch/protocol';
import { failAttempt, loseAttempt, returnAttempt } from './attempts.ts';
import { judgeCriteria, unmetError } from './criteria.ts';
import { type Draft, type Moment, move, noteProgress, ROUTER } from './draft.ts';
import { firstJudge, settleClaim } from './judging.ts';
import type { TaskRecord } from './task-record.ts';

export type Report = MessageOfType<
  'report.started.v1' | 'report.progress.v1' | 'report.completed.v1' | 'report.failed.v1'
>;
type Payload<T extends Report['type']> = MessageOfType<T>['payload'];

export type RejectReason = 'unknown_task' | 'not_held' | 'wrong_agent' | 'stale_epoch' | 'wrong_lease';
export type Settlement =
  | { readonly kind: 'settled'; readonly draft: Draft }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'rejected'; readonly reason: RejectReason };

/** Decides on one report; several of one task are folded by passing the draft on. */
export function settleReport(draft: Draft, report: Report, moment: Moment): Settlement {
  const verdict = judge(draft, report.payload);
  if (verdict !== 'current')
    return verdict === 'duplicate' ? { kind: 'duplicate' } : { kind: 'rejected', reason: verdict };
  switch (report.type) {
    case 'report.started.v1':
      if (draft.state !== 'assigned') return { kind: 'duplicate' };
      return { kind: 'settled', draft: start(draft, report.payload.started_at_ms, moment.nowMs) };
    case 'report.progress.v1':
      return { kind: 'settled', draft: progress(draft, report.payload, moment.nowMs) };
    case 'report.completed.v1':
      return { kind: 'settled', draft: verify(draft, report.payload, moment) };
    case 'report.failed.v1':
      return { kind: 'settled', draft: fail(draft, report.payload, moment) };
  }
}

function judge(draft: Draft, report: Report['payload']): 'current' | 'duplicate' | RejectReason {
  const { record, state } = draft;
  if (report.epoch !== record.epoch) return 'stale_epoch';
  // Its claim was taken, or is being judged: nothing it says now changes that.
  const isClaimed = state === 'completed' || state === 'verifying';
  if (isClaimed && report.agent_id === record.live.agent_id) return 'duplicate';
  if (state === 'none' || !isHeld(state)) return 'not_held';
  if (report.agent_id !== record.live.agent_id) return 'wrong_agent';
  return report.lease === record.live.lease ? 'current' : 'wrong_lease';
}

/** The agent's clock is not ours: a start lies between the assignment and now. */
const within = (draft: Draft, reportedMs: number | undefined, nowMs: number): number =>
  Math.min(nowMs, Math.max(draft.record.live.assigned_at_ms ?? nowMs, reportedMs ?? nowMs));

function start(draft: Draft, startedAtMs: number | undefined, nowMs: number): Draft {
  const agentId = draft.record.live.agent_id;
  return move(draft, 'running', {
    atMs: nowMs,
    actor: agentId ?? '',
    reason: 'the agent started',
    agentId,
    live: {
      started_at_ms: within(draft, startedAtMs, nowMs),
      run_until_ms: nowMs + Math.round(draft.record.spec.timeout * 1000),
      start_by_ms: undefined,
      ...silentUntil(draft, nowMs),
    },
  });
}

/** How long it may be silent from now on. */
function silentUntil(
  { record }: Draft,
  nowMs: number,
): Pick<TaskRecord['live'], 'progress_by_ms'> | undefined {
  const { progress_timeout: seconds } = record.spec;
  return seconds === undefined ? undefined : { progress_by_ms: nowMs + Math.round(seconds * 1000) };
}

function progress(draft: Draft, payload: Payload<'report.progress.v1'>, nowMs: number): Draft {
  // Its start was not heard of, but it works: that is the start.
  const running = draft.state === 'assigned' ? start(draft, undefined, nowMs) : draft;
  const { percent, step, message } = payload;
  const noted = {
    at_ms: nowMs,
    ...(percent === undefined ? {} : { percent }),
    ...(step === undefined ? {} : { step }),
    ...(message === undefined ? {} : { message }),
  };
  return noteProgress(running, noted, silentUntil(draft, nowMs));
}

function verify(draft: Draft, payload: Payload<'report.completed.v1'>, moment: Moment): Draft {
  const { nowMs } = moment;
  const { live } = draft.record;
  const agentId = payload.agent_id;
  const step = { atMs: nowMs, actor: agentId, agentId };
  const claimed = move(draft, 'verifying', {
    ...step,
    reason: 'the agent claims completion',
    live: {
      started_at_ms: live.started_at_ms ?? within(draft, payload.started_at_ms, nowMs),
      run_until_ms: live.run_until_ms ?? nowMs + Math.round(draft.record.spec.timeout * 1000),
      start_by_ms: undefined,
    },
  });
  const resultJson = payload.result === undefined ? undefined : JSON.stringify(payload.result);
  const tooLarge = excessOf(resultJson);
  if (tooLarge !== undefined) return failAttempt(claimed, { error: tooLarge, actor: ROUTER }, moment);
  const criteria = judgeCriteria(draft.record.spec.success_criteria, payload);
  const nextJudge = firstJudge(draft.record.spec.success_criteria, payload);
  const judged: Draft =
    criteria.length === 0 && nextJudge === undefined
      ? claimed
      : {
          ...claimed,
          evidence: { attempt: live.attempt, agent_id: agentId, checked_at_ms: nowMs, criteria },
        };
  const unmet = unmetError(criteria);
  if (unmet !== undefined) return failAttempt(judged, { error: unmet, actor: ROUTER }, moment);
  return settleClaim(judged, { judge: nextJudge, resultJson, reason: 'its success criteria hold' }, nowMs);
}

function excessOf(resultJson: string | undefined): TaskError | undefined {
  const bytes = resultJson === undefined ? 0 : utf8Length(resultJson);
  if (bytes <= RESULT_BYTES_MAX) return undefined;
  return {
    code: 'RESULT_TOO_LARGE',
    message: `its result has ${bytes} bytes, the limit is ${RESULT_BYTES_MAX}: put it into a file and send the path`,
  };
}

/** Bytes of the text in UTF-8; exact only where it matters, near the limit. */
function utf8Length(text: string): number {
  return text.length * 3 <= RESULT_BYTES_MAX ? text.length : new TextEncoder().encode(text).byteLength;
}

function fail(draft: Draft, payload: Payload<'report.failed.v1'>, moment: Moment): Draft {
  const message = payload.message.slice(-ERROR_MESSAGE_CHARS_MAX);
  const actor = payload.agent_id;
  if (payload.returned) {
    if (draft.state === 'assigned') return returnAttempt(draft, message, actor, moment.nowMs);
    const error = { code: 'AGENT_LOST', message: `the agent gave it back after its start: ${message}` };
    return loseAttempt(draft, { error, actor }, moment.nowMs);
  }
  const started =
    draft.state === 'assigned' && payload.started_at_ms !== undefined
      ? start(draft, payload.started_at_ms, moment.nowMs)
      : draft;
  const error = { code: payload.code, message };
  return failAttempt(started, { error, actor, retryable: payload.retryable }, moment);
}
