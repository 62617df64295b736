import { newAgentId, newMessage, ReportCompletedV1, type TaskSpecInput } from '@nova-torch/protocol';
import { describe, expect, it } from 'vitest';
import { aRecord, NOW } from '../../test/support/make.ts';
import { decideCancel, decideRetry } from './commands.ts';
import { type Draft, openDraft } from './draft.ts';
import { indexesOf } from './indexes.ts';
import { isAwaited, settleJudgement, withdraw } from './judging.ts';
import { settleReport } from './settle-report.ts';
import type { TaskRecord } from './task-record.ts';
import { passTime } from './timers.ts';
import { classOf, demandOf, readLineName } from './waiting.ts';

const moment = { nowMs: NOW, random: () => 0.5 };
const [agentId, reviewerId] = [newAgentId(0, NOW), newAgentId(0, NOW)];
const review = { role: 'qa', instructions: 'look twice' };

function claim(spec: Partial<TaskSpecInput>, more: object = {}): Draft {
  const record = aRecord('running', { agent_id: agentId, lease: 'l', run_until_ms: NOW + 9 }, spec);
  const payload = { task_id: record.task_id, agent_id: agentId, epoch: record.epoch, lease: 'l', ...more };
  const report = newMessage(ReportCompletedV1, ReportCompletedV1.payload.parse(payload), {
    ...{ sender: 'a', target: 'task-router', nowMs: NOW },
  });
  const settlement = settleReport(openDraft(record), report, moment);
  if (settlement.kind !== 'settled') throw new Error(settlement.kind);
  return settlement.draft;
}

const claimed = (): Draft => claim({ success_criteria: { review } }, { result: 7 });
const judgeOf = ({ judge }: Draft): Draft => judge ?? expect.unreachable();
const kept = ({ claim: resultJson, evidence }: Draft) => ({ resultJson, evidence: evidence ?? undefined });
const ended = (judge: Draft, state: TaskRecord['state'], live: object = {}): TaskRecord => ({
  ...judge.record,
  state,
  live: { ...judge.record.live, agent_id: reviewerId, ...live },
});

describe('a claim that others judge', () => {
  it('is held by nobody, and due only when the task expires', () => {
    const draft = claimed();
    expect(draft.state).toBe('verifying');
    expect(indexesOf(draft.record)).toMatchObject({
      held: undefined,
      waiting: undefined,
      dueMs: draft.record.live.expires_at_ms,
    });
    expect(draft.record.live).toMatchObject({ agent_id: agentId, lease: undefined, run_until_ms: undefined });
    expect(passTime(draft.record, { ...moment, nowMs: NOW + 60_000 })).toBeUndefined();
    expect(draft.result).toBeUndefined();
  });

  it('makes a bounded task of the same name whenever it is decided on, not for the agent itself', () => {
    const draft = claimed();
    const { record } = judgeOf(draft);
    expect(record).toMatchObject({
      state: 'ready',
      spec: { role: 'qa', excluded_agent: agentId, parent_task: draft.record.task_id },
      lineage: { root: draft.record.task_id },
      live: { judges: { kind: 'review', task_id: draft.record.task_id, epoch: draft.record.epoch } },
    });
    expect(record.spec.inputs).toMatchObject({ result: 7, instructions: 'look twice' });
    expect(draft.record.live.judged_by).toBe(record.task_id);
    const large = claim(
      { title: 't'.repeat(200), description: 'd'.repeat(100_000), success_criteria: { review } },
      { result: 'r'.repeat(60_000) },
    );
    expect(JSON.stringify(judgeOf(large).record.spec).length).toBeLessThan(80_000);
  });

  it('is not judged when what the router can see does not hold', () => {
    const draft = claim({ success_criteria: { exit_code: 0, review } }, { exit_code: 1 });
    expect(draft.state).toBe('scheduled');
    expect(draft.judge).toBeUndefined();
  });

  it('is decided by the verdict alone', () => {
    const draft = claimed();
    const judge = judgeOf(draft);
    const settle = (state: TaskRecord['state'], result: unknown, live: object = {}) =>
      settleJudgement(draft.record, kept(draft), { record: ended(judge, state, live), result }, moment);
    expect(settle('completed', { approved: true })).toMatchObject({ state: 'completed', result: '7' });
    const rejected = settle('completed', { approved: false, comments: 'no' });
    expect(rejected).toMatchObject({
      state: 'scheduled',
      record: {
        live: { failed_agent_id: agentId, judged_by: undefined, error: { code: 'REVIEW_REJECTED' } },
      },
      evidence: { review: { agent_id: reviewerId, approved: false, comments: 'no' } },
    });
    expect(rejected.letters.map(({ definition }) => definition.type)).not.toContain('task.stop.v1');
    const error = { code: 'AGENT_REPORTED', message: 'cannot' };
    for (const none of [settle('completed', 'yes'), settle('failed', undefined, { error })])
      expect(none.record.live.error).toMatchObject({ code: 'NOT_VERIFIED' });
  });

  it('goes with the task: a cancel stops nobody who has long ended, and leaves the judge unawaited', () => {
    const draft = claimed();
    const judge = judgeOf(draft).record;
    expect(isAwaited(judge.task_id, draft.record)).toBe(true);
    const decision = decideCancel(draft.record, { id: 'c', by: 'me', reason: 'so' }, NOW);
    if (decision.kind !== 'obeyed') throw new Error(decision.kind);
    expect(decision.draft.letters.map(({ definition }) => definition.type)).not.toContain('task.stop.v1');
    expect(isAwaited(judge.task_id, decision.draft.record)).toBe(false);
    const running = ended({ ...judgeOf(draft) }, 'running');
    const withdrawn = withdraw(running, decision.draft.record, NOW);
    expect(withdrawn).toMatchObject({ state: 'cancelled' });
    expect(withdrawn.letters.map(({ definition }) => definition.type)).toContain('task.stop.v1');
  });

  it('is judged once: its judge is not tried again', () => {
    const judge = ended(judgeOf(claimed()), 'failed');
    const retry = decideRetry(judge, { id: 'r', by: 'me', reason: 'so' }, new Map(), NOW);
    expect(retry).toMatchObject({ kind: 'refused', code: 'TASK_ENDED' });
  });
});

describe('a claim without evidence, of what lies in a workspace', () => {
  const success_criteria = { files: [{ path: 'a' }, { path: 'b' }], verified_by: 'checker', review };

  it('is checked by another agent first, reviewed then', () => {
    const draft = claim({ success_criteria }, { result: 7 });
    const check = judgeOf(draft);
    expect(check.record.spec).toMatchObject({ role: 'checker', excluded_agent: agentId });
    const evidence = [0, 1].map((n) => ({ criterion: `files/${n}`, met: true, found: 'there' }));
    const after = settleJudgement(
      draft.record,
      kept(draft),
      { record: ended(check, 'completed'), result: { evidence } },
      moment,
    );
    expect(after).toMatchObject({ state: 'verifying', claim: '7', steps: [] });
    expect(judgeOf(after).record.live.judges?.kind).toBe('review');
    expect(judgeOf(after).record.task_id).not.toBe(check.record.task_id);
    expect(after.evidence?.criteria).toEqual(evidence);
  });

  it('fails by what was not found, or not looked at', () => {
    const draft = claim({ success_criteria });
    const record = ended(judgeOf(draft), 'completed');
    const evidence = [{ criterion: 'files/0', met: true, found: 'there' }];
    const after = settleJudgement(draft.record, kept(draft), { record, result: { evidence } }, moment);
    expect(after.record.live.error?.message).toContain('files/1: b was not checked');
  });

  it('is judged by its own evidence when it has some', () => {
    const draft = claim({ success_criteria }, { evidence: [] });
    expect(draft.record.live.error).toMatchObject({ code: 'CRITERIA_NOT_MET' });
  });
});

describe('an excluded agent', () => {
  it('is part of the class of demand', () => {
    const { spec } = aRecord('ready', {}, { role: 'qa', excluded_agent: agentId });
    const demand = demandOf(spec);
    expect(readLineName(`${classOf(demand)}|normal|me`)).toMatchObject({
      demand,
      className: classOf(demand),
    });
    expect(classOf(demandOf(aRecord('ready', {}, { role: 'qa' }).spec))).toBe('qa|');
  });
});
