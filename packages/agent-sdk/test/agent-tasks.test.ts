// An agent and its tasks, over each transport.
import { newTaskId } from '@nova-torch/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TaskAbortedError, TaskFailure } from '../src/index.ts';
import { aborted, eventually, WAYS, World } from './world.ts';

describe.each(WAYS)('an agent over %s', { timeout: 60_000 }, (way) => {
  let world: World;

  beforeAll(async () => {
    world = await World.open(way);
  });
  afterAll(() => world.close());
  beforeEach(() => world.begin());
  afterEach(() => world.end());

  it('does a task and reports start and result together when it is short', async () => {
    const { agentId } = await world.startAgent(async (task, context) => ({
      title: task.title,
      attempt: context.attempt,
    }));
    const { task_id, epoch, lease } = await world.platform.assign(agentId);
    const report = await world.endOf(task_id);
    expect(report.type).toBe('report.completed.v1');
    expect(report.payload).toMatchObject({ epoch, lease, result: { title: 'a task', attempt: 1 } });
    expect(report.payload).toHaveProperty('started_at_ms');
    expect(await world.platform.reportedOf(task_id)).toEqual(['completed']);
    await world.settled(agentId);
  });

  it('reports the start of a longer task on its own, then progress, then the result', async () => {
    const go = Promise.withResolvers<void>();
    const { agentId } = await world.startAgent(async (_task, context) => {
      context.progress({ percent: 10, step: 'reading' });
      for (let percent = 11; percent < 60; percent += 1) context.progress({ percent });
      await go.promise;
      return 'done';
    });
    const { task_id } = await world.platform.assign(agentId);
    await eventually(async () =>
      expect(await world.platform.reportedOf(task_id)).toEqual(['started', 'progress']),
    );
    await world.settled(agentId);
    const [, progress] = await world.platform.reports();
    expect(progress?.payload).toMatchObject({ percent: 59, step: 'reading' });
    go.resolve();
    expect((await world.endOf(task_id)).payload).not.toHaveProperty('started_at_ms');
    expect(await world.platform.reportedOf(task_id)).toEqual(['started', 'progress', 'completed']);
  });

  it('reports a TaskFailure with its code, any other error as AGENT_REPORTED', async () => {
    const { agentId } = await world.startAgent(async (task) => {
      if (task.title === 'own') throw new TaskFailure('NO_DISK', 'the disk is full', { retryable: false });
      throw new RangeError('out of range');
    });
    const own = await world.platform.assign(agentId, { spec: { title: 'own' } });
    const ownEnd = { code: 'NO_DISK', message: 'the disk is full', retryable: false };
    expect((await world.endOf(own.task_id)).payload).toMatchObject(ownEnd);
    const other = await world.platform.assign(agentId);
    const otherEnd = { code: 'AGENT_REPORTED', message: 'RangeError: out of range', retryable: true };
    expect((await world.endOf(other.task_id)).payload).toMatchObject({ ...otherEnd, returned: false });
  });

  it('fails a task whose result is too large or not JSON, for good', async () => {
    const { agentId } = await world.startAgent((task) =>
      Promise.resolve(task.title === 'large' ? 'x'.repeat(70_000) : { n: 1n }),
    );
    const large = await world.platform.assign(agentId, { spec: { title: 'large' } });
    expect((await world.endOf(large.task_id)).payload).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      retryable: false,
    });
    const odd = await world.platform.assign(agentId);
    expect((await world.endOf(odd.task_id)).payload).toMatchObject({
      code: 'RESULT_NOT_JSON',
      retryable: false,
    });
  });

  it('never runs more at once than its capacity, and runs all', async () => {
    let running = 0;
    let most = 0;
    const { agentId } = await world.startAgent(
      async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 20));
        running -= 1;
      },
      { capacity: 3 },
    );
    const tasks = await Promise.all(Array.from({ length: 30 }, () => world.platform.assign(agentId)));
    for (const { task_id } of tasks) await world.endOf(task_id);
    expect(most).toBe(3);
    await world.settled(agentId);
  });

  it('runs an assignment once, however often it is delivered', async () => {
    let runs = 0;
    const { agentId } = await world.startAgent(async () => {
      runs += 1;
      await new Promise((resolve) => setTimeout(resolve, 100));
    });
    const assigned = await world.platform.assign(agentId);
    await world.platform.assign(agentId, { taskId: assigned.task_id, epoch: assigned.epoch });
    await world.endOf(assigned.task_id);
    await world.platform.assign(agentId, { taskId: assigned.task_id, epoch: assigned.epoch });
    await world.platform.assign(agentId, { taskId: assigned.task_id, epoch: assigned.epoch - 1 });
    await world.settled(agentId);
    expect(runs).toBe(1);
    expect(await world.platform.reportedOf(assigned.task_id)).toEqual(['started', 'completed']);
  });

  it('ends the run of an older epoch before a newer one begins', async () => {
    const events: string[] = [];
    const { agentId } = await world.startAgent(async (_task, { attempt, signal }) => {
      events.push(`begin ${attempt}`);
      if (attempt === 2) return 'second';
      await aborted(signal);
      await new Promise((resolve) => setTimeout(resolve, 50));
      events.push(`end ${attempt}`);
      return 'first';
    });
    const { task_id } = await world.platform.assign(agentId);
    await eventually(() => expect(events).toEqual(['begin 1']));
    const second = await world.platform.assign(agentId, { taskId: task_id, attempt: 2 });
    expect((await world.endOf(task_id)).payload).toMatchObject({ epoch: second.epoch, result: 'second' });
    expect(events).toEqual(['begin 1', 'end 1', 'begin 2']);
  });

  it('stops a task when told to and reports nothing more of it', async () => {
    const reasons: unknown[] = [];
    const { agentId } = await world.startAgent(async (_task, { signal }) => {
      reasons.push(await aborted(signal));
      return 'too late';
    });
    const { task_id, epoch } = await world.platform.assign(agentId);
    await eventually(async () => expect(await world.platform.reportedOf(task_id)).toEqual(['started']));
    await world.platform.stopTask(agentId, task_id, epoch - 1);
    await world.platform.stopTask(agentId, task_id, epoch);
    await eventually(() => expect(reasons).toHaveLength(1));
    expect(reasons[0]).toBeInstanceOf(TaskAbortedError);
    expect(reasons[0]).toMatchObject({ why: 'stopped' });
    const next = await world.platform.assign(agentId);
    await eventually(async () => expect(await world.platform.reportedOf(next.task_id)).toEqual(['started']));
    expect(await world.platform.reportedOf(task_id)).toEqual(['started']);
    await world.settled(agentId);
  });

  it('aborts a task whose time is over, even one that does not listen', async () => {
    const never = Promise.withResolvers<void>();
    const { agentId } = await world.startAgent((task) => (task.title === 'deaf' ? never.promise : 'ok'), {
      capacity: 2,
    });
    const deaf = await world.platform.assign(agentId, { spec: { title: 'deaf', timeout: 0.1 } });
    expect((await world.endOf(deaf.task_id)).payload).toMatchObject({ code: 'TIMEOUT', retryable: true });
    // What does not end keeps its slot; the others are free.
    const next = await world.platform.assign(agentId);
    expect((await world.endOf(next.task_id)).type).toBe('report.completed.v1');
    never.resolve();
  });

  it('starts an assignment past its lease only after asking', async () => {
    let runs = 0;
    const { agentId } = await world.startAgent(async () => {
      runs += 1;
    });
    const granted = await world.platform.assign(agentId, { leaseMs: -60_000 });
    await world.endOf(granted.task_id);
    expect(world.platform.claims).toEqual([granted.task_id]);
    world.platform.grant = false;
    const refused = await world.platform.assign(agentId, { leaseMs: -60_000 });
    await eventually(() => expect(world.platform.claims).toContain(refused.task_id));
    await world.settled(agentId);
    world.platform.grant = true;
    const next = await world.platform.assign(agentId);
    await world.endOf(next.task_id);
    expect(runs).toBe(2);
    expect(await world.platform.reportedOf(refused.task_id)).toEqual([]);
  });

  it('hands a task its context', async () => {
    const dependency = newTaskId(0, Date.now());
    const traceparent = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
    const { agentId } = await world.startAgent((task, context) => ({
      task: task.task_id,
      agent: context.agentId,
      epoch: context.epoch,
      attempt: context.attempt,
      dependencies: context.dependencyResults,
      traceparent: context.traceparent,
    }));
    const { task_id, epoch } = await world.platform.assign(agentId, {
      attempt: 3,
      traceparent,
      dependencyResults: { [dependency]: [1] },
    });
    const report = await world.endOf(task_id);
    expect(report.payload).toMatchObject({
      result: {
        task: task_id,
        agent: agentId,
        epoch,
        attempt: 3,
        dependencies: { [dependency]: [1] },
        traceparent,
      },
    });
  });
});
