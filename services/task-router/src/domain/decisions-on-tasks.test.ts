import { dependencyIds, newAgentId, newTaskId, type TaskState } from '@nova-torch/protocol';
import { describe, expect, it } from 'vitest';
import { anAgent, aRecord, NOW } from '../../test/support/make.ts';
import { admit } from './admit.ts';
import { assign } from './assign.ts';
import { RETURNS_MAX, returnAttempt } from './attempts.ts';
import { type CommandDecision, decideCancel, decideRetry } from './commands.ts';
import { judgeDependencies, resolveDependencies } from './dependencies.ts';
import { type Draft, IllegalTransitionError, move, openDraft } from './draft.ts';
import { isForgotten } from './forgotten.ts';
import { retryDelayMs } from './retry-backoff.ts';
import { type Report, settleReport } from './settle-report.ts';
import { raisedEpoch } from './task-record.ts';
import { nextDue, passTime } from './timers.ts';

const moment = { nowMs: NOW, random: () => 0.5 };
const agentId = newAgentId(0, NOW);

describe('a step', () => {
  it('that the table does not have is a defect, not a decision', () => {
    const step = { atMs: NOW, actor: 'x', reason: 'x' };
    expect(() => move(openDraft(aRecord('completed')), 'running', step)).toThrow(IllegalTransitionError);
    expect(() => move(openDraft(aRecord('ready')), 'completed', step)).toThrow(IllegalTransitionError);
  });

  it('raises the epoch over its former value and to the clock at least', () => {
    expect(raisedEpoch(NOW + 5, NOW)).toBe(NOW + 6);
    expect(raisedEpoch(3, NOW)).toBe(NOW);
  });
});

describe('a submission', () => {
  const submission = (more: object = {}) => ({
    task_id: newTaskId(0, NOW),
    spec: aRecord('ready', {}, more).spec,
    submitter: 'me',
    traceparent: 'tp',
    submitted_at_ms: NOW,
    answer: false,
  });

  it('whose deadline has passed expires at once', () => {
    const deadline = new Date(NOW - 1_000).toISOString();
    const admission = admit(submission({ deadline }), new Map(), NOW);
    expect(admission).toMatchObject({
      draft: { state: 'expired', record: { live: { error: { code: 'DEADLINE_PASSED' } } } },
    });
  });

  it('is judged by the worst of its dependencies', () => {
    const [a, b] = [newTaskId(0, NOW), newTaskId(0, NOW)];
    const { spec } = submission({ dependencies: [a, b] });
    const judge = (x: TaskState | undefined, y: TaskState | undefined) =>
      judgeDependencies(
        { task_id: newTaskId(0, NOW), spec },
        new Map([...(x ? [[a, x] as const] : []), ...(y ? [[b, y] as const] : [])]),
      ).kind;
    expect(judge('completed', 'completed')).toBe('met');
    expect(judge('completed', 'running')).toBe('pending');
    expect(judge('running', 'failed')).toBe('broken');
    expect(judge(undefined, 'cancelled')).toBe('broken');
    expect(judge(undefined, 'completed')).toBe('unknown');
  });
});

describe('an assignment', () => {
  it('may be started without asking for its lease, but never past the deadline of the task', () => {
    const leaseUntil = (expiresInMs: number) => {
      const draft = openDraft(aRecord('ready', { expires_at_ms: NOW + expiresInMs }));
      const assignment = { agentId, lease: 'l', dependencyResults: {}, nowMs: NOW };
      const given = assign(draft, { ...assignment, leaseMs: 10_000, startTimeoutMs: 30_000 });
      return given.record.live.lease_until_ms;
    };
    expect(leaseUntil(60_000)).toBe(NOW + 10_000);
    expect(leaseUntil(700)).toBe(NOW + 700);
  });
});

describe('a blocked task', () => {
  it('takes a dependency that was forgotten for completed, and waits for the others', () => {
    const [gone, going] = [newTaskId(0, NOW), newTaskId(0, NOW)];
    const record = aRecord('blocked', {}, { dependencies: [gone, going] });
    expect(resolveDependencies(record, new Map([[going, 'running']]), NOW)).toBeUndefined();
    expect(resolveDependencies(record, new Map([[going, 'completed']]), NOW)?.state).toBe('ready');
    expect(resolveDependencies(record, new Map([[going, 'expired']]), NOW)?.state).toBe('failed');
    expect(resolveDependencies(aRecord('ready'), new Map(), NOW)).toBeUndefined();
  });
});

describe('time', () => {
  it('fires what is due, and nothing earlier', () => {
    expect(nextDue(aRecord('completed'))).toBeUndefined();
    const running = aRecord('running', { agent_id: agentId, run_until_ms: NOW + 1 });
    expect(nextDue(running)).toBe(NOW + 1);
    expect(passTime(running, moment)).toBeUndefined();
    expect(passTime(running, { ...moment, nowMs: NOW + 1 })?.state).toBe('scheduled');
    const scheduled = aRecord('scheduled', { retry_at_ms: NOW });
    expect(passTime(scheduled, moment)?.state).toBe('ready');
    expect(passTime(aRecord('blocked', { expires_at_ms: NOW }), moment)?.state).toBe('expired');
  });

  it('gives up a running task that is silent, and not one that reports', () => {
    const spec = { timeout: 60, progress_timeout: 10, start_timeout: 5 };
    const ready = openDraft(aRecord('ready', {}, spec));
    const periods = { leaseMs: 10_000, startTimeoutMs: 30_000 };
    const held = assign(ready, { agentId, lease: 'l', dependencyResults: {}, nowMs: NOW, ...periods });
    const { live, epoch, task_id } = held.record;
    expect([live.lease_until_ms, live.start_by_ms]).toEqual([NOW + 5_000, NOW + 5_000]);
    const proof = { task_id, agent_id: agentId, epoch, lease: 'l' };
    const at = (ms: number) => ({ ...moment, nowMs: NOW + ms });
    const report = (draft: Draft, type: Report['type'], ms: number): Draft => {
      const settlement = settleReport(draft, { type, payload: proof } as Report, at(ms));
      if (settlement.kind !== 'settled') throw new Error(settlement.kind);
      return settlement.draft;
    };
    const started = report(held, 'report.started.v1', 1_000);
    expect(nextDue(started.record)).toBe(NOW + 11_000);
    const told = report(started, 'report.progress.v1', 9_000);
    expect(passTime(told.record, at(11_000))).toBeUndefined();
    const silent = passTime(told.record, at(19_000));
    expect(silent?.record.live.error).toMatchObject({ code: 'PROGRESS_TIMEOUT' });
    expect(silent?.letters.map(({ definition }) => definition.type)).toContain('task.stop.v1');
    expect(silent?.record.live.progress_by_ms).toBeUndefined();
    // Its time limit stays what it was, however often it reports.
    let busy = started;
    for (let ms = 5_000; ms <= 60_000; ms += 5_000) busy = report(busy, 'report.progress.v1', ms);
    expect(nextDue(busy.record)).toBe(NOW + 61_000);
    expect(passTime(busy.record, at(61_000))?.record.live.error).toMatchObject({ code: 'TIMEOUT' });
  });

  it('holds a task back until its run_at, also when its dependencies are done earlier', () => {
    const spec = { run_at: new Date(NOW + 5_000).toISOString(), dependencies: [newTaskId(0, NOW)] };
    const blocked = aRecord('blocked', { attempt: 0 }, spec);
    const [done] = [new Map(dependencyIds(blocked.spec).map((id) => [id, 'completed' as const]))];
    const scheduled = resolveDependencies(blocked, done, NOW);
    expect(scheduled?.state).toBe('scheduled');
    expect(nextDue(scheduled?.record ?? blocked)).toBe(NOW + 5_000);
    expect(resolveDependencies(blocked, done, NOW + 5_000)?.state).toBe('ready');
    const ready = passTime(scheduled?.record ?? blocked, { ...moment, nowMs: NOW + 5_000 });
    expect(ready?.steps).toMatchObject([
      { from: 'scheduled', to: 'ready', reason: 'its time to run has come' },
    ]);
    expect(ready?.record.live.ready_at_ms).toBe(NOW + 5_000);
  });

  it('between attempts grows to a limit, with jitter', () => {
    const backoff = { initial_s: 1, factor: 2, max_s: 60 };
    expect([1, 2, 3].map((n) => retryDelayMs(backoff, n, 0.5))).toEqual([1_000, 2_000, 4_000]);
    expect(retryDelayMs(backoff, 50, 0.5)).toBe(60_000);
    expect(retryDelayMs(backoff, 1, 0)).toBe(800);
    expect(retryDelayMs(backoff, 1, 0.999)).toBeLessThanOrEqual(1_200);
  });
});

describe('an attempt', () => {
  it('that needs no delay is followed at once', () => {
    const spec = { retry_backoff: { initial_s: 0, factor: 1, max_s: 0 } };
    const late = aRecord('running', { agent_id: agentId, run_until_ms: NOW }, spec);
    expect(passTime(late, moment)?.steps.map(({ to }) => to)).toEqual(['scheduled', 'ready']);
  });

  it('given back too often counts', () => {
    const held = aRecord('assigned', { agent_id: agentId, returns: RETURNS_MAX, attempt: 1 });
    expect(returnAttempt(openDraft(held), 'again', agentId, NOW).record.live.attempt).toBe(1);
    const fresh = aRecord('assigned', { agent_id: agentId, attempt: 1 });
    expect(returnAttempt(openDraft(fresh), 'again', agentId, NOW).record.live.attempt).toBe(0);
  });

  it('is forgotten by an agent that registered anew and does not name it', () => {
    const running = aRecord('running', {
      agent_id: agentId,
      started_at_ms: NOW,
      lease_until_ms: NOW + 10_000,
    });
    const agent = anAgent({ agent_id: agentId, registered_at: NOW / 1000 + 1 });
    const later = NOW + 60_000;
    expect(isForgotten(running, agent, later)).toBe(true);
    expect(isForgotten(running, agent, NOW + 2_000)).toBe(false);
    expect(isForgotten(running, { ...agent, current_tasks: [running.task_id] }, later)).toBe(false);
    expect(isForgotten(running, { ...agent, registered_at: NOW / 1000 - 1 }, later)).toBe(false);
    expect(isForgotten(aRecord('assigned', { agent_id: agentId }), agent, later)).toBe(false);
  });
});

describe('a command', () => {
  const command = { id: 'c1', by: 'me', reason: 'because' };

  it('that was obeyed is answered again, not refused', () => {
    const obeyed = decideCancel(aRecord('running', { agent_id: agentId }), command, NOW);
    if (obeyed.kind !== 'obeyed') throw new Error(obeyed.kind);
    expect(decideCancel(obeyed.draft.record, command, NOW)).toEqual({ kind: 'repeated' });
    expect(decideCancel(obeyed.draft.record, { ...command, id: 'c2' }, NOW)).toMatchObject({
      code: 'TASK_ENDED',
    });
    const retried = decideRetry(obeyed.draft.record, { ...command, id: 'r' }, new Map(), NOW);
    if (retried.kind !== 'obeyed') throw new Error(retried.kind);
    expect(decideRetry(retried.draft.record, { ...command, id: 'r' }, new Map(), NOW)).toEqual({
      kind: 'repeated',
    });
  });

  it('changes nothing when it comes again after others were obeyed', () => {
    let record = aRecord('running', { agent_id: agentId });
    const obey = (decision: CommandDecision): void => {
      if (decision.kind !== 'obeyed') throw new Error(decision.kind);
      record = decision.draft.record;
    };
    obey(decideCancel(record, command, NOW));
    obey(decideRetry(record, { ...command, id: 'r1' }, new Map(), NOW));
    expect(decideCancel(record, command, NOW)).toEqual({ kind: 'repeated' });
    for (let n = 2; n < 100; n += 1) {
      obey(decideCancel(record, { ...command, id: `c${n}` }, NOW));
      obey(decideRetry(record, { ...command, id: `r${n}` }, new Map(), NOW));
      expect(decideCancel(record, { ...command, id: `c${Math.max(2, n - 5)}` }, NOW).kind).toBe('repeated');
    }
    expect(record.live.commands).toHaveLength(16);
  });

  it('obeyed before records held several is known', () => {
    const record = aRecord('ready', { command: command.id });
    expect(decideCancel(record, command, NOW)).toEqual({ kind: 'repeated' });
  });

  it('to retry forgets a deadline that has passed', () => {
    const deadline = new Date(NOW - 1).toISOString();
    const decision = decideRetry(aRecord('expired', {}, { deadline, ttl: 10 }), command, new Map(), NOW);
    expect(decision).toMatchObject({
      draft: { record: { state: 'ready', live: { expires_at_ms: NOW + 10_000 } } },
    });
  });
});
