import type { AssembledService } from '@nova-torch/service-kit';
import { eventually } from '@nova-torch/testing';
import { describe, expect, it } from 'vitest';
import { deafAtFirst } from './support/deaf-at-first.ts';
import { oneRouter } from './support/one-router.ts';
import { keys, type Rig, startRouter, streams } from './support/rig.ts';

let rig: Rig;
let router: AssembledService;
const join: Rig['agent'] = (options) => rig.agent(options);
const quick = { retry_backoff: { initial_s: 0.05, factor: 1, max_s: 1 } };
const metrics = async (): Promise<string> => (await fetch(`${router.address()}/metrics`)).text();

oneRouter((startedRig, startedRouter) => {
  rig = startedRig;
  router = startedRouter;
});

describe('an attempt that fails', () => {
  it('is followed by others after a delay, until one succeeds', async () => {
    let attempts = 0;
    await join({
      work: (assignment, agent) => {
        attempts += 1;
        return attempts < 3
          ? agent.failed(assignment, { message: `no ${attempts}` })
          : agent.completed(assignment);
      },
    });
    const taskId = await rig.submit({ ...quick, max_retries: 3 });
    const task = await rig.until(taskId, 'completed');
    expect(task.attempt).toBe(3);
    expect(task.error).toBeUndefined();
    const steps = (await rig.history(taskId)).map(({ to }) => to);
    expect(steps.filter((to) => to === 'scheduled')).toHaveLength(2);
    const failures = (await rig.messages(streams.tasksFailed)).filter(
      (message) => message.type === 'attempt.failed.v1' && message.payload.task_id === taskId,
    );
    expect(failures).toHaveLength(2);
  });

  it('ends the task when no try is left, with the error of the last', async () => {
    await join({
      work: (assignment, agent) => agent.failed(assignment, { message: 'broken', code: 'EXIT_1' }),
    });
    const taskId = await rig.submit({ ...quick, max_retries: 1 });
    const task = await rig.until(taskId, 'failed');
    expect(task).toMatchObject({ attempt: 2, error: { code: 'EXIT_1', message: 'broken' } });
    const ended = (await rig.messages(streams.tasksFailed)).filter(
      (message) => message.type === 'task.failed.v1' && message.payload.task_id === taskId,
    );
    expect(ended).toHaveLength(1);
  });

  it('ends the task at once when it is not worth another try', async () => {
    await join({ work: (assignment, agent) => agent.failed(assignment, { retryable: false }) });
    const taskId = await rig.submit({ ...quick, max_retries: 5 });
    expect(await rig.until(taskId, 'failed')).toMatchObject({ attempt: 1 });
  });

  it('is one whose success criteria do not hold', async () => {
    await join({ work: (assignment, agent) => agent.completed(assignment, { exit_code: 3 }) });
    const taskId = await rig.submit({ max_retries: 0, success_criteria: { exit_code: 0 } });
    const task = await rig.until(taskId, 'failed');
    expect(task.error).toMatchObject({ code: 'CRITERIA_NOT_MET' });
    expect(task.result).toBeUndefined();
  });

  it('is one whose result is too large', async () => {
    const result = 'ü'.repeat(40_000);
    await join({ work: (assignment, agent) => agent.completed(assignment, { result }) });
    const taskId = await rig.submit({ max_retries: 0 });
    const task = await rig.until(taskId, 'failed');
    expect(task.error).toMatchObject({ code: 'RESULT_TOO_LARGE' });
    expect(task.error?.message).toContain('65536');
  });

  it('is one that runs out of time; the agent is told to stop and its late result is refused', async () => {
    const agent = await join({ work: (assignment, self) => self.started(assignment) });
    const taskId = await rig.submit({ max_retries: 0, timeout: 0.3 });
    const task = await rig.until(taskId, 'failed');
    expect(task.error).toMatchObject({ code: 'TIMEOUT' });
    await eventually(() => agent.stops.some(({ task_id }) => task_id === taskId));
    const [assignment] = agent.assignments;
    if (assignment === undefined) throw new Error('nothing was assigned');
    await agent.completed(assignment, { result: 'late' });
    await eventually(async () => (await metrics()).includes('type="report.completed.v1",reason="not_held"'));
    expect((await rig.task(taskId)).result).toBeUndefined();
  });
});

describe('an assignment', () => {
  it('goes to another when its start is not reported in time', async () => {
    await router.stop();
    router = await startRouter(rig.url, { NOVA_START_TIMEOUT_MS: '2000' });
    try {
      const { agents, given } = await deafAtFirst(rig, router);
      const taskId = await rig.submit({ max_retries: 1 });
      const task = await rig.until(taskId, 'completed');
      const [silent, other] = given.map(({ agent }) => agent);
      expect(new Set([silent, other])).toEqual(new Set(agents));
      expect(task).toMatchObject({ agent_id: other?.id, attempt: 2 });
      await eventually(() => (silent?.stops.length ?? 0) > 0);
      expect(task.epoch).toBeGreaterThan(given[0]?.assignment.epoch ?? Number.POSITIVE_INFINITY);
    } finally {
      await router.stop();
      router = await startRouter(rig.url);
    }
  });

  it('that is given back costs no attempt', async () => {
    let given = 0;
    await join({
      work: (assignment, agent) => {
        given += 1;
        return given === 1
          ? agent.failed(assignment, { returned: true, message: 'I go' })
          : agent.completed(assignment);
      },
    });
    const taskId = await rig.submit({ max_retries: 0 });
    expect(await rig.until(taskId, 'completed')).toMatchObject({ attempt: 1 });
  });

  it('is reported on under its epoch and lease only', async () => {
    const agent = await join({ work: () => undefined });
    const taskId = await rig.submit();
    await eventually(() => agent.assignments.length === 1);
    const [mine] = agent.assignments;
    if (mine === undefined) throw new Error('nothing was assigned');
    await agent.started({ ...mine, epoch: mine.epoch - 1 });
    await agent.progress({ ...mine, lease: 'guessed' });
    await agent.completed({ ...mine, lease: 'guessed' });
    await eventually(() => agent.stops.length === 2);
    expect((await rig.task(taskId)).status).toBe('assigned');
    expect(await agent.claim(mine)).toBe(true);
    expect(await agent.claim({ ...mine, lease: 'guessed' })).toBe(false);
    await agent.started(mine);
    await agent.progress(mine, 40);
    const running = await eventually(async () => {
      const task = await rig.task(taskId);
      return task.progress === undefined ? false : task;
    });
    expect(running).toMatchObject({ status: 'running', progress: { percent: 40 } });
    await agent.completed(mine, { result: 1 });
    await agent.completed(mine, { result: 2 });
    expect(await rig.until(taskId, 'completed')).toMatchObject({ result: 1 });
    const text = await metrics();
    for (const reason of ['stale_epoch', 'wrong_lease']) expect(text).toContain(`reason="${reason}"`);
  });
});

describe('time', () => {
  it('ends a task that nobody took', async () => {
    const taskId = await rig.submit({ role: 'nobody', ttl: 0.2 });
    expect(await rig.until(taskId, 'expired')).toMatchObject({ error: { code: 'TTL_PASSED' } });
  });

  it('ends a running task at its deadline and stops its agent', async () => {
    const agent = await join({ work: (assignment, self) => self.started(assignment) });
    await rig.known(router);
    const taskId = await rig.submit({ deadline: new Date(Date.now() + 1_400).toISOString() });
    expect(await rig.until(taskId, 'expired')).toMatchObject({ error: { code: 'DEADLINE_PASSED' } });
    await eventually(() => agent.stops.length === 1);
    const [assignment] = agent.assignments;
    expect(agent.stops[0]?.epoch).toBeGreaterThan(assignment?.epoch ?? Number.POSITIVE_INFINITY);
  });

  it('leaves no trace of an ended task in the indexes', async () => {
    await eventually(async () => {
      const [timers, active, slots] = await rig.broker.batch([
        ['ZCARD', keys.timers],
        ['ZCARD', keys.active],
        ['HLEN', keys.slots],
      ]);
      expect([timers, active, slots]).toEqual([0, 0, 0]);
    });
  });
});
