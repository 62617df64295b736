// Work that another agent must approve of.
import type { TaskId } from '@nova-torch/protocol';
import { eventually } from '@nova-torch/testing';
import { describe, expect, it } from 'vitest';
import { inputsOf, judgeOf, quick, reviewed, stepsOf } from './support/judging.ts';
import { oneRouter } from './support/one-router.ts';
import { keys, type Rig, streams } from './support/rig.ts';
import type { Assignment, TestAgent, TestAgentOptions } from './support/test-agent.ts';

let rig: Rig;

const join = (role: string, work?: TestAgentOptions['work']): Promise<TestAgent> =>
  rig.agent({ registration: { role }, ...(work && { work }) });
const maker = () => join('maker', (assignment, self) => self.completed(assignment, { result: { made: 1 } }));
/** Starts each review, and says nothing until it is asked to. */
const slowJudge = () => join('judge', (assignment, self) => self.started(assignment));
const judge = (verdict: (review: Assignment) => unknown) =>
  join('judge', (review, self) => self.completed(review, { result: verdict(review) }));
const firstOf = (agent: TestAgent): Promise<Assignment> => eventually(() => agent.assignments[0] ?? false);

oneRouter((startedRig) => {
  rig = startedRig;
});

describe('a task that asks for a review', { timeout: 60_000 }, () => {
  it('is completed when another agent approves, and shows who and what it said', async () => {
    const worker = await maker();
    const reviewer = await judge(() => ({ approved: true, comments: 'well made' }));
    const taskId = await rig.submit({
      ...reviewed,
      title: 'make it',
      description: 'with care',
      success_criteria: { ...reviewed.success_criteria, result_schema: { type: 'object' } },
    });
    const task = await rig.until(taskId, 'completed');
    expect(task).toMatchObject({ result: { made: 1 }, agent_id: worker.id, attempt: 1 });
    expect(task.error).toBeUndefined();
    const [review] = reviewer.assignments;
    expect(task.evidence).toMatchObject({
      agent_id: worker.id,
      criteria: [
        { criterion: 'result_schema', met: true },
        { criterion: 'review', met: true, found: `approved by ${reviewer.id}: well made` },
      ],
      review: { task_id: review?.task_id, agent_id: reviewer.id, approved: true, comments: 'well made' },
    });
    expect(review && inputsOf(review)).toMatchObject({
      ...{ task_id: taskId, title: 'make it', description: 'with care', result: { made: 1 } },
      evidence: [{ criterion: 'result_schema', met: true }],
    });
    expect(review?.spec).toMatchObject({ role: 'judge', parent_task: taskId, excluded_agent: worker.id });
    expect(await stepsOf(rig, taskId)).toEqual(
      expect.arrayContaining(['assigned>verifying', 'verifying>completed']),
    );
  });

  it('gives its agent the slot back while it is reviewed, and takes nothing more from it', async () => {
    const worker = await maker();
    const reviewer = await slowJudge();
    const first = await rig.submit(reviewed);
    await rig.until(first, 'verifying');
    const second = await rig.submit({ role: 'maker' });
    await rig.until(second, 'completed');
    const claimed = await firstOf(worker);
    await worker.completed(claimed, { result: 'another' });
    await worker.failed(claimed);
    expect(await worker.claim(claimed)).toBe(false);
    const task = await rig.task(first);
    expect(task.status).toBe('verifying');
    expect(task.result).toBeUndefined();
    expect(task.waiting_for).toContain('by an agent of the role judge other than');
    await reviewer.completed(await firstOf(reviewer), { result: { approved: true } });
    expect(await rig.until(first, 'completed')).toMatchObject({ result: { made: 1 } });
    await worker.completed(claimed, { result: 'another' });
    expect((await rig.task(first)).result).toEqual({ made: 1 });
  });

  it('has failed an attempt when it is rejected; the next is told why', async () => {
    const worker = await maker();
    await judge((review) =>
      review.spec.inputs.attempt === 1 ? { approved: false, comments: 'no tests' } : { approved: true },
    );
    const taskId = await rig.submit({ ...reviewed, max_retries: 1 });
    const task = await rig.until(taskId, 'completed');
    expect(task).toMatchObject({ attempt: 2, evidence: { attempt: 2, review: { approved: true } } });
    expect(worker.assignments.map(({ last_error }) => last_error)).toMatchObject([
      undefined,
      { code: 'REVIEW_REJECTED', message: expect.stringContaining('no tests') },
    ]);
    expect(worker.stops).toEqual([]);
  });

  it('fails when the last attempt is rejected, with the comments', async () => {
    await maker();
    await judge(() => ({ approved: false, comments: 'still no tests' }));
    const task = await rig.until(await rig.submit({ ...reviewed, max_retries: 0 }), 'failed');
    expect(task.error).toMatchObject({
      code: 'REVIEW_REJECTED',
      message: expect.stringContaining('still no tests'),
    });
    expect(task.evidence).toMatchObject({ criteria: [{ criterion: 'review', met: false }] });
    expect(task.result).toBeUndefined();
  });

  it('is never reviewed by the agent that did the work: it waits, and says for whom', async () => {
    const both = await join('both', (assignment, self) => self.completed(assignment, { result: {} }));
    const taskId = await rig.submit({ role: 'both', success_criteria: { review: { role: 'both' } } });
    const reviewId = await judgeOf(rig, taskId);
    const waits = await eventually(async () => (await rig.task(reviewId)).waiting_for ?? false);
    expect(waits).toContain(`an agent of the role both other than ${both.id}: none is registered`);
    const other = await rig.submit({ role: 'both' });
    await rig.until(other, 'completed');
    expect((await rig.task(taskId)).status).toBe('verifying');
    const second = await join('both', (review, self) =>
      self.completed(review, { result: { approved: true } }),
    );
    const task = await rig.until(taskId, 'completed');
    expect(task.evidence?.review?.agent_id).toBe(second.id);
    expect(both.assignments.map(({ task_id }) => task_id)).not.toContain(reviewId);
  });

  it('is not restarted when its agent dies during the review', async () => {
    const worker = await maker();
    const reviewer = await slowJudge();
    const taskId = await rig.submit(reviewed);
    await rig.until(taskId, 'verifying');
    // Silent first: one that is heard after its end begins anew.
    await worker.stop();
    await worker.exited();
    await maker();
    // The next one has done what it was given: the death was seen to by then.
    await rig.until(await rig.submit({ role: 'maker' }), 'completed');
    expect((await rig.task(taskId)).status).toBe('verifying');
    await reviewer.completed(await firstOf(reviewer), { result: { approved: true } });
    expect(await rig.until(taskId, 'completed')).toMatchObject({ agent_id: worker.id, attempt: 1 });
  });

  it('takes no result of a review that is no verdict', async () => {
    await maker();
    let answers = 0;
    const reviewer = await judge(() => {
      answers += 1;
      return answers === 1 ? { verdict: 'fine' } : { approved: true };
    });
    const taskId = await rig.submit(reviewed);
    expect(await rig.until(taskId, 'completed', 20_000)).toMatchObject({ attempt: 1 });
    expect(reviewer.assignments.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(reviewer.assignments[1]?.last_error).toMatchObject({ code: 'CRITERIA_NOT_MET' });
  });

  it('has failed an attempt when its review ends without a verdict', async () => {
    await maker();
    const reviewer = await join('judge', (review, self) =>
      self.failed(review, { retryable: false, message: 'I cannot read it' }),
    );
    const failed = await rig.until(await rig.submit({ ...reviewed, max_retries: 0 }), 'failed');
    expect(failed.error).toMatchObject({
      code: 'NOT_VERIFIED',
      message: expect.stringContaining('ended as failed without a verdict: I cannot read it'),
    });
    await reviewer.leave();
    const taskId = await rig.submit({ ...reviewed, max_retries: 0 });
    const reviewId = await judgeOf(rig, taskId);
    await rig.cancel(reviewId);
    const cancelled = await rig.until(taskId, 'failed');
    expect(cancelled.error?.message).toContain(`its review, ${reviewId}, ended as cancelled`);
    expect(await rig.retry(reviewId)).toMatchObject({
      payload: { code: 'TASK_ENDED', detail: expect.stringContaining(`retry ${taskId} instead`) },
    });
  });

  it('takes its review along when it is cancelled, and when it expires', async () => {
    await maker();
    const reviewer = await slowJudge();
    const taskId = await rig.submit(reviewed);
    const reviewId = await judgeOf(rig, taskId);
    await rig.until(reviewId, 'running');
    await rig.cancel(taskId);
    await rig.until(reviewId, 'cancelled');
    await eventually(() => reviewer.stops.some(({ task_id }) => task_id === reviewId));
    expect(await rig.task(taskId)).toMatchObject({ status: 'cancelled', error: { code: 'CANCELLED' } });
    await reviewer.leave();
    const brief = await rig.submit({ ...reviewed, ttl: 2 });
    const { evidence } = await rig.until(brief, 'expired');
    const briefReview = evidence?.review?.task_id;
    if (briefReview === undefined) throw new Error('it expired before its review began');
    await eventually(async () => ['cancelled', 'expired'].includes((await rig.task(briefReview)).status));
  });

  it('is tried anew as a whole when somebody retries it', async () => {
    await maker();
    let approves = false;
    await judge(() => ({ approved: approves }));
    const taskId = await rig.submit({ ...reviewed, max_retries: 0 });
    await rig.until(taskId, 'failed');
    approves = true;
    await rig.retry(taskId);
    const task = await rig.until(taskId, 'completed');
    expect(task).toMatchObject({ attempt: 1, result: { made: 1 }, evidence: { review: { approved: true } } });
  });
});

describe('files and command of an agent without a host', { timeout: 60_000 }, () => {
  const criteria = { files: [{ path: 'report.md' }], verified_by: 'checker' };
  const evidence = (met: boolean) => [{ criterion: 'files/0', met, found: met ? 'there' : 'not there' }];
  const checker = (met: boolean) =>
    join('checker', (check, self) => self.completed(check, { result: { evidence: evidence(met) } }));
  const submit = (more: object = {}): Promise<TaskId> =>
    rig.submit({ ...quick, role: 'maker', max_retries: 0, success_criteria: { ...criteria, ...more } });

  it('are checked by another agent, then reviewed by a third', async () => {
    await maker();
    const looks = await checker(true);
    const reviewer = await judge(() => ({ approved: true }));
    const task = await rig.until(await submit({ review: { role: 'judge' } }), 'completed');
    expect(task.evidence).toMatchObject({
      check: { agent_id: looks.id },
      review: { agent_id: reviewer.id, approved: true },
      criteria: [
        { criterion: 'files/0', met: true, found: 'there' },
        { criterion: 'review', met: true },
      ],
    });
    const [check] = looks.assignments;
    expect(check && inputsOf(check)).toMatchObject({ criteria: { files: criteria.files } });
  });

  it('fail the attempt when that one does not find them', async () => {
    await maker();
    await checker(false);
    const task = await rig.until(await submit(), 'failed');
    expect(task.error).toMatchObject({ code: 'CRITERIA_NOT_MET', message: 'files/0: not there' });
  });

  it('need nobody else when the claim brings its evidence', async () => {
    await join('maker', (assignment, self) => self.completed(assignment, { evidence: evidence(true) }));
    const task = await rig.until(await submit(), 'completed');
    expect(task.evidence?.check).toBeUndefined();
  });
});

it('leaves nothing behind', async () => {
  await eventually(async () => {
    const [timers, active, slots, resolve] = await rig.broker.batch([
      ['ZCARD', keys.timers],
      ['ZCARD', keys.active],
      ['HLEN', keys.slots],
      ['SCARD', keys.resolve],
    ]);
    expect([timers, active, slots, resolve]).toEqual([0, 0, 0, 0]);
  });
  const left = await rig.broker.call('KEYS', `${keys.dependents('*')}`);
  expect(left).toEqual([]);
  const claims = await rig.messages(streams.tasksCompleted);
  expect(claims.length).toBeGreaterThan(0);
});
