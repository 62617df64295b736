// The router dies while work is judged: nothing is lost, and nothing is taken twice.
import type { AgentId, TaskId } from '@nova-torch/protocol';
import type { AssembledService } from '@nova-torch/service-kit';
import { eventually } from '@nova-torch/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Draft, openDraft } from '../src/domain/draft.ts';
import { type Report, settleReport } from '../src/domain/settle-report.ts';
import type { TaskRecord } from '../src/domain/task-record.ts';
import { applyTransitions } from '../src/store/apply-transitions.ts';
import { TaskReader } from '../src/store/read-tasks.ts';
import { framesOf, transitionItem } from '../src/store/write-item.ts';
import { judgeOf, reviewed, stepsOf } from './support/judging.ts';
import { keys, type Rig, startRig, startRouter } from './support/rig.ts';
import type { Assignment, TestAgent } from './support/test-agent.ts';

const TASKS = 60;

describe('a router that is killed', { timeout: 120_000 }, () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await startRig({ services: ['registry', 'task-router'] });
  });
  afterAll(() => rig.stop());

  it('while many claims are reviewed loses none, and has none judged twice', async () => {
    const capacity = 8;
    await rig.agent({
      registration: { role: 'maker', capacity },
      work: (assignment, self) => self.completed(assignment, { result: assignment.attempt }),
    });
    const verdicts: string[] = [];
    await rig.agent({
      registration: { role: 'judge', capacity },
      work: async (review, self) => {
        verdicts.push(review.task_id);
        const { task_id: taskId, attempt } = review.spec.inputs;
        // Of every third task the first attempt is rejected.
        const approved = attempt !== 1 || Number.parseInt(String(taskId).slice(-1), 16) % 3 !== 0;
        await self.completed(review, { result: { approved, comments: `attempt ${attempt}` } });
      },
    });
    const ids: TaskId[] = [];
    const reader = new TaskReader(rig.broker, keys);
    for (let round = 0; round < 4; round += 1) {
      for (let n = 0; n < TASKS / 4; n += 1) ids.push(await rig.submit(reviewed));
      const before = verdicts.length;
      await eventually(() => verdicts.length > before);
      await rig.platform.kill9('task-router');
      await rig.platform.restart('task-router');
    }
    await eventually(
      async () => {
        const states = await reader.states(ids);
        expect(ids.map((id) => states.get(id))).toEqual(ids.map(() => 'completed'));
      },
      { timeoutMs: 60_000, everyMs: 50, what: 'every task to be completed' },
    );
    for (const id of ids) {
      const full = await reader.full(id, true);
      const steps = full?.history?.map(({ from, to }) => `${from}>${to}`) ?? [];
      expect(steps.filter((step) => step === 'verifying>completed')).toHaveLength(1);
      // Each claim led to one judgement.
      const claims = steps.filter((step) => step.endsWith('>verifying')).length;
      expect(steps.filter((step) => step.startsWith('verifying>'))).toHaveLength(claims);
      expect(full?.evidence?.review?.approved).toBe(true);
      expect(full?.result).toBe(full?.record.live.attempt);
    }
    await eventually(async () => {
      const [slots, resolve] = await rig.broker.batch([
        ['HLEN', keys.slots],
        ['SCARD', keys.resolve],
      ]);
      expect([slots, resolve]).toEqual([0, 0]);
    });
  });
});

describe('a router that becomes active', { timeout: 60_000 }, () => {
  let rig: Rig;
  let router: AssembledService | undefined;
  let worker: TestAgent;
  let writes = 0;

  beforeAll(async () => {
    rig = await startRig();
    worker = await rig.agent({ registration: { role: 'maker', capacity: 9 }, work: () => undefined });
  });
  afterEach(() => stop());
  afterAll(() => rig.stop());

  const start = async (): Promise<void> => {
    router = await startRouter(rig.url, { NOVA_RECONCILE_EVERY_MS: '60000' });
  };
  const stop = async (): Promise<void> => {
    await router?.stop();
    router = undefined;
  };
  const recordOf = async (taskId: TaskId): Promise<TaskRecord> => {
    const record = await new TaskReader(rig.broker, keys).record(taskId);
    if (record === undefined) throw new Error(`${taskId} has no record`);
    return record;
  };

  /** Writes as the active router does, in one call, and dies before it hears of it. */
  async function writeAndDie(draft: Draft): Promise<void> {
    const term = Number(await rig.broker.call('HGET', keys.leader, 'term'));
    const pen = { keys, instance: 'router-x', nowMs: Date.now(), rings: new Map<AgentId, string>() };
    const drafts = draft.judge === undefined ? [draft] : [draft, draft.judge];
    const items = drafts.map((one) => {
      writes += 1;
      return transitionItem(one, pen, { op: `dying-${writes}`, capacity: 9 });
    });
    const verdicts = await applyTransitions(rig.broker, keys, term, items, () => framesOf('x', Date.now()));
    for (const verdict of verdicts) expect(['applied', 'unblocks']).toContain(verdict);
  }

  const claimOf = async (taskId: TaskId, result: unknown): Promise<Draft> => {
    const record = await recordOf(taskId);
    const { agent_id, lease } = record.live;
    const payload = { task_id: taskId, agent_id, lease, epoch: record.epoch, result };
    const moment = { nowMs: Date.now(), random: Math.random };
    const report = { type: 'report.completed.v1', payload } as Report;
    const settlement = settleReport(openDraft(record), report, moment);
    if (settlement.kind !== 'settled') throw new Error(settlement.kind);
    return settlement.draft;
  };

  const submitAssigned = async (): Promise<TaskId> => {
    const taskId = await rig.submit(reviewed);
    await rig.until(taskId, 'assigned');
    return taskId;
  };

  /** What the worker was given: it reads its inbox after the store says so. */
  const assignmentOf = (taskId: TaskId): Promise<Assignment> =>
    eventually(() => worker.assignments.find(({ task_id }) => task_id === taskId) ?? false);

  it('gives the review of a claim it never heard of to somebody', async () => {
    await start();
    const taskId = await submitAssigned();
    await stop();
    const claim = await claimOf(taskId, 'made');
    await writeAndDie(claim);
    await start();
    // The report comes again, to the next router: it changes nothing.
    await worker.completed(await assignmentOf(taskId), { result: 'made again' });
    const reviewer = await rig.agent({
      registration: { role: 'judge' },
      work: (review, self) => self.completed(review, { result: { approved: true } }),
    });
    expect(await rig.until(taskId, 'completed')).toMatchObject({ result: 'made' });
    expect(reviewer.assignments).toHaveLength(1);
    expect((await stepsOf(rig, taskId)).filter((step) => step.startsWith('verifying>'))).toHaveLength(1);
    await reviewer.leave();
  });

  it('settles what was decided by a verdict it never heard of', async () => {
    await start();
    const reviewer = await rig.agent({ registration: { role: 'judge' }, work: () => undefined });
    const taskId = await submitAssigned();
    await worker.completed(await assignmentOf(taskId), { result: 'made' });
    const reviewId = await judgeOf(rig, taskId);
    await rig.until(reviewId, 'assigned');
    await stop();
    await writeAndDie(await claimOf(reviewId, { approved: true, comments: 'good' }));
    expect((await recordOf(taskId)).state).toBe('verifying');
    await start();
    const task = await rig.until(taskId, 'completed');
    expect(task).toMatchObject({
      result: 'made',
      evidence: { review: { approved: true, comments: 'good' } },
    });
    await reviewer.leave();
  });

  it('writes no review for a claim that was not taken', async () => {
    await start();
    const taskId = await submitAssigned();
    const claim = await claimOf(taskId, 'made');
    await rig.cancel(taskId);
    await stop();
    const term = Number(await rig.broker.call('HGET', keys.leader, 'term'));
    const pen = { keys, instance: 'router-x', nowMs: Date.now(), rings: new Map<AgentId, string>() };
    const items = [claim, claim.judge].flatMap((draft, i) =>
      draft === undefined ? [] : [transitionItem(draft, pen, { op: `late-${i}` })],
    );
    const verdicts = await applyTransitions(rig.broker, keys, term, items, () => framesOf('x', Date.now()));
    expect(verdicts).toEqual(['stale', 'no-inbox']);
  });
});
