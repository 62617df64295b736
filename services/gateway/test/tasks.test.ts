import {
  NovaError,
  newTaskId,
  TaskAnalyzedV1,
  TaskChangedV1,
  type TaskId,
  TaskPageV1,
  TaskSpec,
  TaskStateV1,
  type TaskView,
} from '@nova-torch/protocol';
import { eventually } from '@nova-torch/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import type { TestGateway } from './support/gateway.ts';
import { type OtherServices, streams } from './support/other-services.ts';
import { useGateway } from './support/use-gateway.ts';

let gateway: TestGateway;
let others: OtherServices;
/** The tasks the router knows. */
const tasks = new Map<TaskId, TaskView>();

useGateway((rig) => {
  ({ gateway, others } = rig);
});
beforeEach(() => {
  others.received.length = 0;
  tasks.clear();
  others.on('task.get.v1', ({ message }) => {
    if (message.type !== 'task.get.v1') return undefined;
    const task = tasks.get(message.payload.task_id);
    if (task === undefined) throw new NovaError('TASK_UNKNOWN', 'There is no such task.');
    const entry = {
      seq: 1,
      at_ms: 1,
      from: 'none',
      to: 'ready',
      actor: 'task-router',
      epoch: 0,
      reason: 'submitted',
    };
    return {
      definition: TaskStateV1,
      payload: { task, ...(message.payload.history && { history: [entry] }) },
    };
  });
  others.on('task.submitted.v1', () => undefined);
});

const oldTaskId = () => newTaskId(0, Date.now() - 60_000);

function aTask(status: TaskView['status'], taskId: TaskId = oldTaskId()): TaskView {
  const task: TaskView = {
    task_id: taskId,
    status,
    spec: TaskSpec.parse({ title: 'A task' }),
    submitter: 'admin',
    epoch: 0,
    attempt: 0,
    submitted_at_ms: Date.now(),
    ...(status === 'completed' && { ended_at_ms: Date.now(), result: { answer: 42 } }),
  };
  tasks.set(taskId, task);
  return task;
}

const tellChange = (taskId: TaskId, to: TaskView['status']) =>
  others.publish(streams.tasksActive, TaskChangedV1, {
    changes: [
      {
        task_id: taskId,
        seq: 1,
        from: 'ready',
        to,
        at_ms: Date.now(),
        epoch: 0,
        attempt: 0,
        reason: 'told',
        priority: 'normal',
      },
    ],
  });

const untilIn = (ms: number) => new Date(Date.now() + ms).toISOString();

describe('a task that comes too late', () => {
  test('is refused, but a repeat of one that came in time is that one', async () => {
    const body = { title: 'in time', deadline: untilIn(2_500) };
    const headers = { 'idempotency-key': 'in-time' };
    const first = await gateway.call('POST', '/v1/tasks', { body, headers });
    expect(first.status).toBe(202);
    const isLate = async () => {
      const { status } = await gateway.call('POST', '/v1/tasks', { body });
      expect(status).toBe(400);
    };
    await eventually(isLate, { timeoutMs: 15_000, everyMs: 100 });
    const repeat = await gateway.call('POST', '/v1/tasks', { body, headers });
    expect([repeat.status, repeat.body.task_id]).toEqual([202, first.body.task_id]);
    const other = { 'idempotency-key': 'too-late' };
    expect((await gateway.call('POST', '/v1/tasks', { body, headers: other })).status).toBe(400);
    // The refusal did not use the key up.
    const mended = await gateway.call('POST', '/v1/tasks', { body: { title: 'mended' }, headers: other });
    expect(mended.status).toBe(202);
  });

  test('does not take the others of its batch along', async () => {
    const tasks = [{ title: 'late', deadline: untilIn(-1_000) }, { title: 'good' }];
    const { status, body } = await gateway.call('POST', '/v1/tasks/batch', { body: { tasks } });
    expect([status, body.accepted, body.refused]).toEqual([202, 1, 1]);
    expect(body.results[0]).toMatchObject({ error: { code: 'VALIDATION', errors: [{ field: 'deadline' }] } });
  });
});

describe('a task with a parent', () => {
  test('is asked about, and refused when it is one of a loop', async () => {
    others.on('task.submitted.v1', ({ message }) => {
      if (message.type !== 'task.submitted.v1' || !message.payload.answer) return undefined;
      throw new NovaError('TASK_LOOP', 'the same work is asked for 4 times', { field: 'spec/parent_task' });
    });
    const body = { title: 'again', parent_task: oldTaskId() };
    const { status, body: problem } = await gateway.call('POST', '/v1/tasks', { body });
    expect([status, problem.code]).toEqual([409, 'TASK_LOOP']);
  });
});

describe('POST /v1/tasks', () => {
  test('puts a plain task on its stream and answers at once', async () => {
    const { status, body } = await gateway.call('POST', '/v1/tasks', {
      body: { title: 'Write the notes', role: 'developer', priority: 'high' },
    });
    expect(status).toBe(202);
    expect(body).toEqual({
      task_id: expect.stringMatching(/^task-0-[0-9a-f]{32}$/),
      status: 'accepted',
      durability: 'journal',
    });
    const submitted = await eventually(() => others.of('task.submitted.v1')[0] ?? false);
    expect(submitted).toMatchObject({
      sender: 'admin',
      target: 'task-router',
      priority: 'high',
      payload: {
        task_id: body.task_id,
        submitter: 'admin',
        answer: false,
        spec: { title: 'Write the notes', max_retries: 3 },
      },
    });
    expect(submitted.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  test('asks the router about a task with dependencies', async () => {
    const before = aTask('completed');
    others.on('task.submitted.v1', ({ message }) => {
      if (message.type !== 'task.submitted.v1') return undefined;
      return { definition: TaskStateV1, payload: { task: aTask('ready', message.payload.task_id) } };
    });
    const { status, body } = await gateway.call('POST', '/v1/tasks', {
      body: { title: 'After it', dependencies: [before.task_id] },
    });
    expect(status).toBe(202);
    expect(body.status).toBe('ready');
  });

  test('answers with what the router refused it for', async () => {
    others.on('task.submitted.v1', () => {
      throw new NovaError('DEPENDENCY_UNKNOWN', 'There is no such dependency.', { field: 'dependencies/0' });
    });
    const { status, body } = await gateway.call('POST', '/v1/tasks', {
      body: { title: 'After nothing', dependencies: [oldTaskId()] },
    });
    expect(status).toBe(409);
    expect(body).toMatchObject({ code: 'DEPENDENCY_UNKNOWN', errors: [{ field: 'dependencies/0' }] });
  });

  test('says that it is not known what became of a task when the router does not answer', async () => {
    const { status, body, headers } = await gateway.call('POST', '/v1/tasks', {
      body: { title: 'Into silence', dependencies: [oldTaskId()] },
      headers: { 'idempotency-key': 'silence-1' },
    });
    expect(status).toBe(503);
    expect(body.code).toBe('NO_ANSWER');
    expect(body.retryable).toBe(true);
    expect(headers.get('retry-after')).toBe('1');
  });
});

describe('GET /v1/tasks/{task_id}', () => {
  test('shows the task as the router has it', async () => {
    const task = aTask('completed');
    const { status, body } = await gateway.call('GET', `/v1/tasks/${task.task_id}`);
    expect(status).toBe(200);
    expect(body).toEqual(JSON.parse(JSON.stringify(task)));
  });

  test('is 404 at once for an old id nobody knows', async () => {
    const { status, body } = await gateway.call('GET', `/v1/tasks/${oldTaskId()}`);
    expect(status).toBe(404);
    expect(body.code).toBe('TASK_UNKNOWN');
    // One that is waited for is asked about again.
    expect(others.of('task.get.v1')).toHaveLength(1);
  });

  test('waits a moment for a task that was just submitted', async () => {
    const taskId = newTaskId(0, Date.now());
    const answer = gateway.call('GET', `/v1/tasks/${taskId}`);
    await eventually(() => others.of('task.get.v1').length >= 2);
    aTask('ready', taskId);
    await tellChange(taskId, 'ready');
    expect((await answer).body.status).toBe('ready');
  });

  test('has its history', async () => {
    const task = aTask('ready');
    const { body } = await gateway.call('GET', `/v1/tasks/${task.task_id}/history`);
    expect(body).toMatchObject({ task_id: task.task_id, history: [{ seq: 1, from: 'none', to: 'ready' }] });
  });
});

describe('GET /v1/tasks/{task_id}/wait', () => {
  test('answers at once for a task that has ended', async () => {
    const task = aTask('completed');
    const { body } = await gateway.call('GET', `/v1/tasks/${task.task_id}/wait`);
    expect(body).toMatchObject({ done: true, task: { result: { answer: 42 } } });
  });

  test('is woken by the feed, asks the router twice and no more', async () => {
    const { task_id } = aTask('running');
    const answer = gateway.call('GET', `/v1/tasks/${task_id}/wait?timeout_s=20`);
    await eventually(() => gateway.base.health.report().ready && others.of('task.get.v1').length === 1);
    await tellChange(task_id, 'running');
    aTask('completed', task_id);
    await tellChange(task_id, 'completed');
    expect((await answer).body).toMatchObject({ done: true, task: { status: 'completed' } });
    expect(others.of('task.get.v1')).toHaveLength(2);
  });

  test('answers with the present state when the time is over', async () => {
    const { task_id } = aTask('ready');
    const { status, body } = await gateway.call('GET', `/v1/tasks/${task_id}/wait?timeout_s=0.2`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ done: false, task: { status: 'ready' } });
  });

  test('waits for a task that was just submitted until it arrives and ends', async () => {
    const taskId = newTaskId(0, Date.now());
    const answer = gateway.call('GET', `/v1/tasks/${taskId}/wait?timeout_s=20`);
    await eventually(() => others.of('task.get.v1').length === 1);
    aTask('completed', taskId);
    await tellChange(taskId, 'completed');
    expect((await answer).body.done).toBe(true);
  });

  test('is 404 for an old id nobody knows', async () => {
    const { status } = await gateway.call('GET', `/v1/tasks/${oldTaskId()}/wait`);
    expect(status).toBe(404);
  });
});

describe('a wait for the next change', () => {
  test('answers at once when the task is another than it was, else at its change', async () => {
    const { task_id } = aTask('ready');
    const path = `/v1/tasks/${task_id}/wait?timeout_s=20`;
    const first = await gateway.call('GET', `${path}&after=none`);
    expect(first.body).toMatchObject({ done: false, version: 'ready.0.0.0' });
    const second = gateway.call('GET', `${path}&after=${first.body.version}`);
    await eventually(() => others.of('task.get.v1').length === 2);
    aTask('running', task_id);
    await tellChange(task_id, 'running');
    expect((await second).body).toMatchObject({ done: false, task: { status: 'running' } });
  });

  test('is over when the client is gone', async () => {
    const { task_id } = aTask('ready');
    const controller = new AbortController();
    const path = `/v1/tasks/${task_id}/wait?timeout_s=20`;
    const cut = gateway.call('GET', path, { signal: controller.signal }).catch((error: Error) => error.name);
    const waits = () =>
      gateway.base.metrics.registry.getSingleMetricAsString('nova_torch_gateway_open_waits');
    await eventually(async () => / 1$/.test((await waits()).trim()));
    controller.abort();
    expect(await cut).toBe('AbortError');
    await eventually(async () => / 0$/.test((await waits()).trim()));
  });

  test('outlasts a router that is away when the end comes', async () => {
    const { task_id } = aTask('running');
    const known = () => ({ definition: TaskStateV1, payload: { task: tasks.get(task_id) } });
    others.on('task.get.v1', known);
    const answer = gateway.call('GET', `/v1/tasks/${task_id}/wait?timeout_s=20`);
    await eventually(() => others.of('task.get.v1').length === 1);
    others.on('task.get.v1', () => undefined);
    aTask('completed', task_id);
    await tellChange(task_id, 'completed');
    await eventually(() => others.of('task.get.v1').length === 2);
    others.on('task.get.v1', known);
    expect((await answer).body).toMatchObject({ done: true });
    expect(others.of('task.get.v1')).toHaveLength(3);
  });
});

describe('POST /v1/tasks/{task_id}/cancel and /retry', () => {
  test('ask the router, with who and why', async () => {
    const task = aTask('running');
    others.on('task.cancel.v1', () => ({ definition: TaskStateV1, payload: { task } }));
    others.on('task.retry.v1', () => ({ definition: TaskStateV1, payload: { task } }));
    const path = `/v1/tasks/${task.task_id}`;
    expect((await gateway.call('POST', `${path}/cancel`, { body: { reason: 'enough' } })).status).toBe(200);
    expect((await others.next('task.cancel.v1')).payload).toEqual({
      task_id: task.task_id,
      reason: 'enough',
      by: 'admin',
    });
    expect((await gateway.call('POST', `${path}/retry`)).body.task_id).toBe(task.task_id);
    expect((await others.next('task.retry.v1')).payload).toEqual({ task_id: task.task_id, by: 'admin' });
  });

  test('answer with what the router refuses', async () => {
    others.on('task.cancel.v1', () => {
      throw new NovaError('TASK_ENDED', 'It has ended.');
    });
    const { status, body } = await gateway.call('POST', `/v1/tasks/${oldTaskId()}/cancel`);
    expect([status, body.code]).toEqual([409, 'TASK_ENDED']);
  });
});

describe('POST /v1/tasks/analyze', () => {
  const analysis = {
    skills: [{ name: 'go', matched: [{ word: 'Go', where: 'title' }] }],
    complexity: { value: 0.2, reasons: ['plain'] },
    duration: { seconds: 136, source: 'complexity', reason: 'a guess' },
    parallelisable: { value: false, reason: 'no' },
    team_needed: { value: false, reason: 'no' },
    warnings: [],
    truncated: false,
  };

  test('asks the router, and submits nothing', async () => {
    others.on('task.analyze.v1', () => ({ definition: TaskAnalyzedV1, payload: { analysis } }));
    const body = { title: 'Write it in Go' };
    const answer = await gateway.call('POST', '/v1/tasks/analyze', { body });
    expect([answer.status, answer.body]).toEqual([200, analysis]);
    expect(others.of('task.analyze.v1')[0]?.payload.spec).toEqual(TaskSpec.parse(body));
    expect(others.of('task.submitted.v1')).toEqual([]);
  });

  test('refuses what is no task, and one that is too large to be asked about', async () => {
    const wrong = await gateway.call('POST', '/v1/tasks/analyze', {
      body: { title: '', required_skills: ['X'] },
    });
    expect([wrong.status, wrong.body.code]).toEqual([400, 'VALIDATION']);
    expect(wrong.body.errors.map(({ field }: { field: string }) => field)).toEqual([
      'title',
      'required_skills/0',
    ]);
    const inputs = { text: 'x'.repeat(300_000) };
    const large = await gateway.call('POST', '/v1/tasks/analyze', { body: { title: 'x', inputs } });
    expect([large.status, large.body.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    expect(others.of('task.analyze.v1')).toEqual([]);
  });
});

describe('GET /v1/tasks', () => {
  test('hands filters and cursor to the router', async () => {
    others.on('task.list.v1', () => ({
      definition: TaskPageV1,
      payload: { tasks: [], next_cursor: 'more' },
    }));
    const { status, body } = await gateway.call(
      'GET',
      '/v1/tasks?status=ready&role=developer&label=release%3Dv1&cursor=abc&limit=7',
    );
    expect(status).toBe(200);
    expect(body).toEqual({ tasks: [], next_cursor: 'more' });
    expect(others.of('task.list.v1')[0]?.payload).toEqual({
      status: 'ready',
      role: 'developer',
      label: 'release=v1',
      cursor: 'abc',
      limit: 7,
    });
  });
});
