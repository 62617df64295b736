import { newTaskId, TaskListV1 } from '@nova-torch/protocol';
import { eventually } from '@nova-torch/testing';
import { describe, expect, it } from 'vitest';
import { oneRouter } from './support/one-router.ts';
import { keys, type Rig, streams } from './support/rig.ts';
import { say } from './support/say.ts';

let rig: Rig;
const join: Rig['agent'] = (options) => rig.agent(options);

oneRouter((startedRig) => {
  rig = startedRig;
});

describe('cancel', () => {
  it('ends a running task, stops its agent and refuses its result', async () => {
    const agent = await join({ work: (assignment, self) => self.started(assignment) });
    const taskId = await rig.submit();
    await rig.until(taskId, 'running');
    const answer = await rig.cancel(taskId);
    expect(answer).toMatchObject({ type: 'task.state.v1', payload: { task: { status: 'cancelled' } } });
    await eventually(() => agent.stops.length === 1);
    const [assignment] = agent.assignments;
    if (assignment === undefined) throw new Error('nothing was assigned');
    expect(agent.stops[0]?.epoch).toBeGreaterThan(assignment.epoch);
    await agent.completed(assignment, { result: 'too late' });
    const other = await rig.submit();
    await rig.until(other, 'running');
    expect(await rig.task(taskId)).toMatchObject({ status: 'cancelled', error: { code: 'CANCELLED' } });
    expect((await rig.task(taskId)).result).toBeUndefined();
  });

  it('is refused for a task that ended and for one that never was', async () => {
    const taskId = await rig.submit({ role: 'nobody' });
    await rig.until(taskId, 'ready');
    await rig.cancel(taskId);
    expect(await rig.cancel(taskId)).toMatchObject({
      type: 'request.refused.v1',
      payload: { code: 'TASK_ENDED' },
    });
    const unknown = newTaskId(0, Date.now());
    expect(await rig.cancel(unknown)).toMatchObject({ payload: { code: 'TASK_UNKNOWN' } });
    expect(await rig.retry(unknown)).toMatchObject({ payload: { code: 'TASK_UNKNOWN' } });
  });
});

describe('retry', () => {
  it('starts an ended task from a clean start, its history kept', async () => {
    let fail = true;
    await join({
      work: (assignment, agent) =>
        fail ? agent.failed(assignment, { retryable: false }) : agent.completed(assignment),
    });
    const taskId = await rig.submit({ max_retries: 0 });
    await rig.until(taskId, 'failed');
    fail = false;
    expect(await rig.retry(taskId)).toMatchObject({ type: 'task.state.v1' });
    expect(await rig.until(taskId, 'completed')).toMatchObject({ attempt: 1 });
    const history = await rig.history(taskId);
    expect(history.map(({ to }) => to)).toContain('failed');
    expect(history.map(({ seq }) => seq)).toEqual(history.map((_, i) => i + 1));
    expect(await rig.retry(taskId)).toMatchObject({ payload: { code: 'TASK_ENDED' } });
  });

  it('is refused while the task goes on, or before what it depends on', async () => {
    const waiting = await rig.submit({ role: 'nobody' });
    await rig.until(waiting, 'ready');
    expect(await rig.retry(waiting)).toMatchObject({ payload: { code: 'TASK_NOT_ENDED' } });
    const dependent = await rig.submitAsking({ dependencies: [waiting] });
    if (dependent.type !== 'task.state.v1') throw new Error(JSON.stringify(dependent));
    const { task_id: dependentId } = dependent.payload.task;
    await rig.cancel(waiting);
    await rig.until(dependentId, 'failed');
    expect(await rig.retry(dependentId)).toMatchObject({ payload: { code: 'VALIDATION' } });
    const again = await rig.retry(waiting);
    expect(again).toMatchObject({ payload: { task: { status: 'ready', attempt: 0 } } });
    await rig.cancel(waiting);
  });
});

describe('dependencies', () => {
  it('hold a task back, and hand their results over', async () => {
    const agent = await join({
      registration: { capacity: 4 },
      work: (assignment, self) =>
        self.completed(assignment, { result: `result of ${assignment.spec.title}` }),
    });
    const role = 'late';
    const [a, b] = [await rig.submit({ title: 'a', role }), await rig.submit({ title: 'b', role })];
    await rig.until(b, 'ready');
    const c = await rig.submit({ title: 'c', role: 'developer', dependencies: [a, b] });
    const d = await rig.submit({ title: 'd', dependencies: [c] });
    const blocked = await rig.until(d, 'blocked');
    expect(blocked.waiting_for).toBe(`the completion of ${c} (blocked)`);
    await join({
      registration: { role, capacity: 2 },
      work: (assignment, self) => self.completed(assignment, { result: assignment.spec.title }),
    });
    await rig.until(d, 'completed');
    const given = agent.assignments.find(({ task_id }) => task_id === c);
    expect(given?.dependency_results).toEqual({ [a]: 'a', [b]: 'b' });
    expect(await rig.broker.call('SCARD', keys.resolve)).toBe(0);
  });

  it('that end otherwise fail their dependents, all the way down', async () => {
    const a = await rig.submit({ role: 'nobody' });
    await rig.until(a, 'ready');
    const b = await rig.submit({ dependencies: [a] });
    const c = await rig.submit({ dependencies: [b] });
    await rig.until(c, 'blocked');
    await rig.cancel(a);
    expect(await rig.until(b, 'failed')).toMatchObject({ error: { code: 'DEPENDENCY_FAILED' } });
    const last = await rig.until(c, 'failed');
    expect(last.error?.message).toContain(b);
    const late = await rig.submit({ dependencies: [a] });
    expect((await rig.until(late, 'failed')).error?.message).toContain(a);
  });

  it('that are unknown refuse the task, or fail it when nobody waits for an answer', async () => {
    const unknown = newTaskId(0, Date.now());
    const answer = await rig.submitAsking({ dependencies: [unknown] });
    expect(answer).toMatchObject({ type: 'request.refused.v1', payload: { code: 'DEPENDENCY_UNKNOWN' } });
    const taskId = await rig.submit({ dependencies: [unknown] });
    expect((await rig.until(taskId, 'failed')).error).toMatchObject({ code: 'DEPENDENCY_UNKNOWN' });
  });
});

describe('a list of tasks', () => {
  it('comes newest first, by pages, filtered', async () => {
    const marked = [];
    for (let i = 0; i < 5; i += 1) {
      marked.push(await rig.submit({ role: 'nobody', labels: { batch: 'x', odd: String(i % 2) } }));
    }
    await rig.until(marked[4] ?? newTaskId(0, 0), 'ready');
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const payload = { label: 'batch=x', status: 'ready' as const, role: 'nobody', limit: 2, cursor };
      const answer = await rig.ask(streams.tasksQueries, say(TaskListV1, payload));
      if (answer.type !== 'task.page.v1') throw new Error(JSON.stringify(answer));
      seen.push(...answer.payload.tasks.map(({ task_id }) => task_id));
      cursor = answer.payload.next_cursor;
    } while (cursor !== undefined);
    expect(seen).toEqual(marked.toReversed());
    const odd = await rig.ask(streams.tasksQueries, say(TaskListV1, { label: 'odd' }));
    expect(odd).toMatchObject({ type: 'task.page.v1', payload: { tasks: { length: 5 } } });
    const wrong = await rig.ask(streams.tasksQueries, say(TaskListV1, { cursor: 'nonsense' }));
    expect(wrong).toMatchObject({ payload: { code: 'CURSOR_INVALID' } });
  });
});
