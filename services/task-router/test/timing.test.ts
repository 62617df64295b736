// Time limits, tasks of a later hour, failures that let an agent rest, chains that call themselves: with real brokers.
import { newTaskId, TaskExplainV1, type TaskId, TaskSpec, WorkflowSubmittedV1 } from '@nova-torch/protocol';
import type { AssembledService } from '@nova-torch/service-kit';
import { eventually } from '@nova-torch/testing';
import { describe, expect, it } from 'vitest';
import { deafAtFirst } from './support/deaf-at-first.ts';
import { oneRouter } from './support/one-router.ts';
import { keys, type Rig, startRouter, streams } from './support/rig.ts';
import { say } from './support/say.ts';

/** Long enough to be seen from outside on a loaded machine. */
const REST_MS = 2_500;
const LATER_MS = 2_500;

let rig: Rig;
let router: AssembledService;
const join: Rig['agent'] = (options) => rig.agent(options);
const metrics = async (): Promise<string> => (await fetch(`${router.address()}/metrics`)).text();
const resting = (ms: number) => ({
  NOVA_ASSIGNMENT_LEASE_MS: '10000',
  NOVA_REST_AFTER_FAILURES: '3',
  NOVA_REST_FIRST_MS: String(ms),
});
const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();

oneRouter((startedRig, startedRouter) => {
  rig = startedRig;
  router = startedRouter;
}, resting(REST_MS));

async function restart(restMs = REST_MS): Promise<void> {
  await router.stop();
  router = await startRouter(rig.url, resting(restMs));
}

describe('a task with limits of its own', () => {
  it('goes to another agent when its start is not reported within its own time', async () => {
    const { agents, given } = await deafAtFirst(rig, router);
    const taskId = await rig.submit({ start_timeout: 1.3 });
    const task = await rig.until(taskId, 'completed');
    const [first, second] = given;
    expect(new Set([first?.agent, second?.agent])).toEqual(new Set(agents));
    expect(task).toMatchObject({ agent_id: second?.agent.id, attempt: 2 });
    expect(first?.assignment.lease_until_ms).toBeLessThanOrEqual((first?.assignment.epoch ?? 0) + 1_300);
  });

  it('fails by silence, however much time it has; its agent is told to stop', async () => {
    const agent = await join({
      work: async (assignment, self) => {
        await self.started(assignment);
        await self.progress(assignment, 10);
      },
    });
    const taskId = await rig.submit({ progress_timeout: 0.4, max_retries: 0 });
    expect((await rig.until(taskId, 'failed')).error).toMatchObject({ code: 'PROGRESS_TIMEOUT' });
    await eventually(() => agent.stops.some(({ task_id }) => task_id === taskId));
  });

  it('is not silent while it reports', async () => {
    await join({
      work: async (assignment, self) => {
        const startedAt = Date.now();
        await self.started(assignment);
        for (let i = 1; i <= 25 || Date.now() - startedAt < 3_500; i += 1) {
          await self.progress(assignment, i % 100);
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        await self.completed(assignment);
      },
    });
    const taskId = await rig.submit({ progress_timeout: 2.5, max_retries: 0 });
    expect(await rig.until(taskId, 'completed')).toMatchObject({ attempt: 1 });
    expect((await rig.task(taskId)).progress_log).toHaveLength(20);
  });
});

describe('a task of a later hour', () => {
  it('waits for it although an agent is free, and says so', async () => {
    const agent = await join();
    const runAt = inMs(LATER_MS);
    const taskId = await rig.submit({ run_at: runAt });
    expect(await rig.until(taskId, 'scheduled')).toMatchObject({ waiting_for: `its time to run: ${runAt}` });
    expect(agent.assignments).toEqual([]);
    const task = await rig.until(taskId, 'completed');
    expect(task.started_at_ms).toBeGreaterThanOrEqual(Date.parse(runAt));
    const steps = (await rig.history(taskId)).map(({ from, to }) => `${from} ${to}`);
    expect(steps.slice(0, 2)).toEqual(['none scheduled', 'scheduled ready']);
  });

  it('survives a change of the router', async () => {
    await join();
    const taskId = await rig.submit({ run_at: inMs(LATER_MS) });
    await rig.until(taskId, 'scheduled');
    await restart();
    await rig.until(taskId, 'completed');
  });

  it('expires when its time to live ends before', async () => {
    const taskId = await rig.submit({ run_at: inMs(60_000), ttl: 0.3 });
    expect((await rig.until(taskId, 'expired')).error).toMatchObject({ code: 'TTL_PASSED' });
  });

  it('can be cancelled before', async () => {
    const taskId = await rig.submit({ run_at: inMs(60_000) });
    await rig.until(taskId, 'scheduled');
    await rig.cancel(taskId);
    await rig.until(taskId, 'cancelled');
  });
});

describe('an agent that fails three times in a row at one type', () => {
  const quick = { retry_backoff: { initial_s: 0, factor: 1, max_s: 0 } };

  it('rests from it while others of the line pass, is tried again after it, and is well again', async () => {
    let broken = true;
    const agent = await join({
      work: (assignment, self) =>
        broken && assignment.spec.task_type === 'build'
          ? self.failed(assignment)
          : self.completed(assignment),
    });
    const build = { task_type: 'build', ...quick, max_retries: 20 };
    const first = await rig.submit(build);
    await eventually(async () => {
      const { waiting_for: waits } = await rig.task(first);
      expect(waits).toContain('resting after 3 failures in a row');
      expect(waits).toContain(agent.id);
    });
    expect(await metrics()).toMatch(/router_resting_agents(\{[^}]*\})? 1/);
    const second = await rig.submit(build);
    // Of the same line, behind two that only a resting agent could take.
    const other = await rig.submit({ task_type: 'test' });
    await rig.until(other, 'completed');
    expect((await rig.task(first)).attempt).toBe(3);
    broken = false;
    await rig.until(first, 'completed');
    await rig.until(second, 'completed');
    const history = await rig.history(first);
    const [, , third, fourth] = history.filter(({ to }) => to === 'assigned');
    const failed = history.find(({ from, seq }) => from === 'assigned' && seq > (third?.seq ?? 0));
    expect((fourth?.at_ms ?? 0) - (failed?.at_ms ?? 0)).toBeGreaterThanOrEqual(REST_MS);
    expect(await metrics()).toMatch(/router_resting_agents(\{[^}]*\})? 0/);
  });

  it('is passed over for one that does not rest', async () => {
    await restart(60_000);
    const bad = await join({ work: (assignment, self) => self.failed(assignment) });
    const taskId = await rig.submit({ task_type: 'paint', ...quick, max_retries: 20 });
    await eventually(async () => expect((await rig.task(taskId)).waiting_for).toContain('resting'));
    const good = await join();
    expect(await rig.until(taskId, 'completed')).toMatchObject({ agent_id: good.id });
    const told = await rig.ask(streams.tasksQueries, say(TaskExplainV1, { task_id: taskId }));
    const decided = { agent_id: good.id, passed_over: { resting: 1 } };
    expect(told).toMatchObject({ payload: { explanation: { decisions: [decided, {}, {}, {}] } } });
    const more = await Promise.all(Array.from({ length: 5 }, () => rig.submit({ task_type: 'paint' })));
    for (const one of more) expect((await rig.until(one, 'completed')).agent_id).toBe(good.id);
    expect(bad.assignments).toHaveLength(3);
  });
});

describe('a chain of tasks', () => {
  const submitBelow = async (parent: TaskId | undefined, title: string, inputs = {}): Promise<TaskId> => {
    const taskId = newTaskId(0, Date.now());
    const below = parent === undefined ? {} : { parent_task: parent };
    const answer = await rig.submitAsking({ title, inputs, role: 'nobody', ...below }, taskId);
    if (answer.type !== 'task.state.v1') throw new Error(JSON.stringify(answer.payload));
    return taskId;
  };

  it('that calls itself is refused, with the chain named', async () => {
    const a = await submitBelow(undefined, 'again', { x: 1, y: 2 });
    const b = await submitBelow(a, 'again', { y: 2, x: 1 });
    const c = await submitBelow(b, 'again', { x: 1, y: 2 });
    expect(await rig.task(c)).toMatchObject({ root_task: a, depth: 2 });
    const spec = { title: 'again', inputs: { x: 1, y: 2 }, parent_task: c };
    const refused = await rig.submitAsking(spec);
    expect(refused).toMatchObject({
      type: 'request.refused.v1',
      payload: {
        code: 'TASK_LOOP',
        field: 'spec/parent_task',
        detail: expect.stringContaining(`${a} → ${b}`),
      },
    });
    const task = {
      task_id: newTaskId(0, Date.now()),
      spec: TaskSpec.parse({ ...spec, workflow_id: 'again' }),
    };
    const workflow = { workflow_id: 'again', tasks: [task], submitter: 'rig' };
    expect(await rig.ask(streams.tasksQueue, say(WorkflowSubmittedV1, workflow))).toMatchObject({
      payload: { code: 'TASK_LOOP', field: 'tasks/0/parent_task' },
    });
    const silent = await rig.submit(spec);
    expect((await rig.until(silent, 'failed')).error).toMatchObject({ code: 'TASK_LOOP' });
    await submitBelow(c, 'again', { x: 1, y: 3 });
  });

  it('counts what stands below its root once each, whoever submits it again', async () => {
    const root = await submitBelow(undefined, 'root');
    const child = newTaskId(0, Date.now());
    const spec = { title: 'child', parent_task: root, role: 'nobody' };
    for (let i = 0; i < 3; i += 1) await rig.submitAsking(spec, child);
    const grandchild = await submitBelow(child, 'grandchild');
    expect(await rig.task(grandchild)).toMatchObject({ root_task: root, depth: 2 });
    expect(await rig.broker.call('HGET', keys.task(root), 'descendants')).toBe('2');
    await rig.broker.call('HSET', keys.task(root), 'descendants', '10000');
    const refused = await rig.submitAsking({ ...spec, title: 'one more' });
    expect(refused).toMatchObject({
      payload: { code: 'TASK_LOOP', detail: expect.stringContaining('10000') },
    });
  });
});

describe('a task that failed for good', () => {
  it('is found among the failed ones with its history, and a retry starts clean', async () => {
    let broken = true;
    await join({
      work: async (assignment, self) => {
        await self.started(assignment);
        await self.progress(assignment, 30);
        if (broken) await self.failed(assignment, { message: 'broken' });
        else await self.completed(assignment, { result: 'mended' });
      },
    });
    const taskId = await rig.submit({
      task_type: 'mend',
      max_retries: 1,
      retry_backoff: { initial_s: 0, factor: 1, max_s: 0 },
    });
    const failed = await rig.until(taskId, 'failed');
    expect(failed).toMatchObject({ attempt: 2, error: { message: 'broken' } });
    expect(failed.progress_log).toHaveLength(2);
    const before = await rig.history(taskId);
    const ended = (await rig.messages(streams.tasksFailed)).filter(
      ({ type, payload }) => type === 'task.failed.v1' && payload.task_id === taskId,
    );
    expect(ended).toMatchObject([{ payload: { attempt: 2, error: { message: 'broken' } } }]);
    broken = false;
    const answer = await rig.retry(taskId);
    if (answer.type !== 'task.state.v1') throw new Error(JSON.stringify(answer.payload));
    const { task } = answer.payload;
    expect(task).toMatchObject({ status: 'ready', attempt: 0 });
    expect(task.epoch).toBeGreaterThan(failed.epoch);
    expect([task.error, task.progress, task.agent_id]).toEqual([undefined, undefined, undefined]);
    const done = await rig.until(taskId, 'completed');
    expect(done).toMatchObject({ attempt: 1, result: 'mended' });
    expect(done.progress_log).toHaveLength(1);
    expect((await rig.history(taskId)).slice(0, before.length)).toEqual(before);
  });
});

describe('progress', () => {
  it('tells when the task will be done, while it runs', async () => {
    const agent = await join({
      work: async (assignment, self) => {
        await self.started(assignment);
        await self.progress(assignment, 50);
      },
    });
    const taskId = await rig.submit({ task_type: 'long' });
    const running = await eventually(async () => {
      const task = await rig.task(taskId);
      return task.eta_ms === undefined ? false : task;
    });
    expect(running.eta_ms).toBeGreaterThanOrEqual(running.progress?.at_ms ?? Number.POSITIVE_INFINITY);
    expect(running.progress_log).toMatchObject([{ percent: 50 }]);
    const [assignment] = agent.assignments;
    if (assignment === undefined) throw new Error('nothing was assigned');
    await agent.completed(assignment);
    expect((await rig.until(taskId, 'completed')).eta_ms).toBeUndefined();
  });
});
