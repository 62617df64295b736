// The journal beside a gateway: written before the answer and before an end is shown, and what it is for.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectJournal, type ListedTask } from '@nova-torch/journal';
import {
  NovaError,
  newTaskId,
  TaskChangedV1,
  type TaskId,
  type TaskState,
  TaskStateV1,
  type TaskSubmittedV1,
  TaskSurveyedV1,
  type TaskView,
  WorkflowAcceptedV1,
} from '@nova-torch/protocol';
import { eventually, startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { idempotencyKey, journalMarkKey } from '../src/store/keys.ts';
import { startGateway, type TestGateway } from './support/gateway.ts';
import { type OtherServices, startOtherServices, streams } from './support/other-services.ts';

let broker: TestBroker;
let others: OtherServices;
let gateway: TestGateway;
let dir: string;
/** What the router would say of each task. */
const states = new Map<string, TaskState>();

beforeAll(async () => {
  broker = await startTestBroker();
  others = await startOtherServices(broker.url);
  others.on('task.survey.v1', ({ message }) => {
    if (message.type !== 'task.survey.v1') return undefined;
    const known = message.payload.task_ids.filter((taskId) => states.has(taskId));
    return {
      definition: TaskSurveyedV1,
      payload: { states: Object.fromEntries(known.map((taskId) => [taskId, states.get(taskId)])) },
    };
  });
  others.on('task.get.v1', ({ message }) => {
    if (message.type !== 'task.get.v1') return undefined;
    const { task_id } = message.payload;
    if (!states.has(task_id)) throw new NovaError('TASK_UNKNOWN', 'there is none');
    return { definition: TaskStateV1, payload: { task: viewOf(task_id) } };
  });
});
afterAll(async () => {
  await others.stop();
  await broker.stop();
});
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'nova-torch-journal-'));
  gateway = await startGateway(broker.url, { NOVA_JOURNAL_DIR: dir });
});
afterEach(async () => {
  await gateway.stop();
  rmSync(dir, { recursive: true, force: true });
});

function viewOf(task_id: TaskId): TaskView {
  const submitted = submissionsOf(task_id)[0]?.payload;
  return {
    ...{ task_id, epoch: 5, attempt: 1, submitter: 'admin', submitted_at_ms: 1_000, ended_at_ms: Date.now() },
    status: states.get(task_id) ?? 'ready',
    spec: submitted?.spec ?? ({ title: 'unknown' } as TaskView['spec']),
    result: { large: true },
  };
}

const submissionsOf = (taskId: string): TaskSubmittedV1[] =>
  others.of('task.submitted.v1').filter(({ payload }) => payload.task_id === taskId);

async function kept(): Promise<Map<string, string>> {
  const found: ListedTask[] = [];
  await inspectJournal(dir, (task) => found.push(task));
  return new Map(found.map(({ task_id, status }) => [task_id, status]));
}

async function submit(body: object = {}, headers: Record<string, string> = {}): Promise<TaskId> {
  const answer = await gateway.call('POST', '/v1/tasks', { body: { title: 'a task', ...body }, headers });
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  states.set(answer.body.task_id, 'ready');
  return answer.body.task_id;
}

const tell = (task_id: TaskId, from: TaskState, to: TaskState, more: object = {}) => {
  states.set(task_id, to);
  return others.publish(streams.tasksActive, TaskChangedV1, {
    changes: [
      {
        ...{ task_id, seq: 1, from, to, at_ms: Date.now(), epoch: 5, attempt: 1 },
        ...{ reason: 'told', priority: 'normal', ...more },
      },
    ],
  });
};

const markKey = async (): Promise<string> => journalMarkKey(0, (await inspectJournal(dir)).journal);

/** As a broker that lost everything: the stream groups of the other services come back by themselves. */
const loseEverything = async (): Promise<void> => {
  await others.broker.call('FLUSHALL');
};

describe('what is kept', () => {
  test('a task is on the disk when it is answered, unless memory is enough for it', async () => {
    const taskId = await submit();
    expect((await kept()).get(taskId)).toBe('open');
    const { body } = await gateway.call('POST', '/v1/tasks', { body: { title: 'b', durability: 'memory' } });
    expect(body.durability).toBe('memory');
    expect((await kept()).has(body.task_id)).toBe(false);
    await eventually(() => submissionsOf(body.task_id).length === 1);
    expect(submissionsOf(taskId)[0]?.payload.spec.durability).toBe('journal');
    expect(submissionsOf(body.task_id)[0]?.payload.spec.durability).toBe('memory');
  });

  test('a batch is kept whole, each task as it asks', async () => {
    const tasks = [{ title: 'a' }, { title: 'b', durability: 'memory' }, { title: 'c' }];
    const { body } = await gateway.call('POST', '/v1/tasks/batch', { body: { tasks } });
    const durabilities = body.results.map((one: { task: { durability: string } }) => one.task.durability);
    expect(durabilities).toEqual(['journal', 'memory', 'journal']);
    expect((await kept()).size).toBe(2);
  });

  test('a task the router refuses is not kept', async () => {
    others.on('task.submitted.v1', () => {
      throw new NovaError('DEPENDENCY_UNKNOWN', 'there is none');
    });
    const dependencies = ['task-0-0193f2ab4d7e7c1f9f0e5a4b3c2d1e0f'];
    const { status } = await gateway.call('POST', '/v1/tasks', { body: { title: 'x', dependencies } });
    others.on('task.submitted.v1', () => undefined);
    expect(status).toBe(409);
    await eventually(async () => [...(await kept()).values()].join() === 'withdrawn');
  });

  test('an end told by the feed is kept; one with a large result is asked for; a new try opens it', async () => {
    const [small, large] = [await submit(), await submit()];
    await tell(small, 'running', 'completed', { result: 3 });
    await tell(large, 'running', 'completed', { result_omitted: true });
    await eventually(async () => {
      const now = await kept();
      return now.get(small) === 'completed' && now.get(large) === 'completed';
    });
    await tell(small, 'completed', 'ready');
    await eventually(async () => (await kept()).get(small) === 'open');
  });

  test('what a kept task depends on is kept once it has ended, whoever took it', async () => {
    const [ended, open] = [newTaskId(0, Date.now()), newTaskId(0, Date.now())];
    states.set(ended, 'completed');
    states.set(open, 'running');
    others.on('task.submitted.v1', ({ message }) => {
      if (message.type !== 'task.submitted.v1' || !message.payload.answer) return undefined;
      return { definition: TaskStateV1, payload: { task: viewOf(message.payload.task_id) } };
    });
    await submit({ dependencies: [ended, open] });
    others.on('task.submitted.v1', () => undefined);
    await eventually(async () => (await kept()).get(ended) === 'completed');
    expect((await kept()).has(open)).toBe(false);
    await tell(open, 'running', 'completed', { result: 1 });
    await eventually(async () => (await kept()).get(open) === 'completed');
  });

  test('an end is on the disk before it is shown, read, waited for or listed', async () => {
    const shown = [await submit(), await submit()];
    for (const taskId of shown) states.set(taskId, 'failed');
    expect((await gateway.call('GET', `/v1/tasks/${shown[0]}`)).body.status).toBe('failed');
    expect((await kept()).get(shown[0] ?? '')).toBe('failed');
    await gateway.call('GET', `/v1/tasks/${shown[1]}/wait?timeout_s=1`);
    expect((await kept()).get(shown[1] ?? '')).toBe('failed');
  });

  test('a full journal refuses with a reason, and nothing else stops', async () => {
    await gateway.stop();
    gateway = await startGateway(broker.url, { NOVA_JOURNAL_DIR: dir, NOVA_JOURNAL_BYTES_MAX: '1000000' });
    const body = { title: 'large', description: 'x'.repeat(99_000), context: { a: 'x'.repeat(99_000) } };
    const first = await submit(body);
    for (let i = 0; i < 5; i += 1) await submit(body);
    const refused = await gateway.call('POST', '/v1/tasks', { body });
    expect(refused).toMatchObject({ status: 503, body: { code: 'JOURNAL_UNAVAILABLE', retryable: true } });
    expect(refused.body.detail).toContain('limit of 1000000 bytes');
    const tasks = [{ title: 'a' }, { title: 'b', durability: 'memory' }];
    const batch = await gateway.call('POST', '/v1/tasks/batch', { body: { tasks } });
    expect(batch.body).toMatchObject({ accepted: 1, refused: 1 });
    states.set(first, 'completed');
    expect((await gateway.call('GET', `/v1/tasks/${first}`)).body.status).toBe('completed');
    expect((await kept()).get(first)).toBe('completed');
  });

  test('without a journal tasks are taken into memory, and one that asks for more is refused', async () => {
    const without = await startGateway(broker.url, { NOVA_JOURNAL: 'off' });
    const plain = await without.call('POST', '/v1/tasks', { body: { title: 'a' } });
    expect(plain.body.durability).toBe('memory');
    const asking = await without.call('POST', '/v1/tasks', { body: { title: 'a', durability: 'journal' } });
    expect(asking.body).toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
    expect(asking.body.detail).toContain('NOVA_JOURNAL is off');
    await without.stop();
  });

  test('a directory has one gateway; those that share a home take one each', async () => {
    await expect(startGateway(broker.url, { NOVA_JOURNAL_DIR: dir })).rejects.toThrow('is in use by process');
    const home = mkdtempSync(join(tmpdir(), 'nova-torch-home-'));
    const [one, other] = [
      await startGateway(broker.url, { NOVA_HOME: home }),
      await startGateway(broker.url, { NOVA_HOME: home }),
    ];
    for (const each of [one, other]) {
      expect((await each.call('POST', '/v1/tasks', { body: { title: 'a' } })).body.durability).toBe(
        'journal',
      );
    }
    await Promise.all([one.stop(), other.stop()]);
    for (const slot of ['1', '2']) expect((await inspectJournal(join(home, 'journal', slot))).open).toBe(1);
    rmSync(home, { recursive: true });
  });
});

describe('a workflow', () => {
  const workflow = {
    tasks: [
      { key: 'last', title: 'last', depends_on: [{ key: 'first', on_failure: 'run' }] },
      { key: 'first', title: 'first' },
    ],
  };

  test('is on the disk whole, with its edges, before the router is told of it', async () => {
    let before: Promise<Map<string, string>> | undefined;
    others.on('workflow.submitted.v1', ({ message }) => {
      if (message.type !== 'workflow.submitted.v1') return undefined;
      before = kept();
      const { workflow_id, tasks } = message.payload;
      return {
        definition: WorkflowAcceptedV1,
        payload: { workflow_id, tasks: tasks.length, repeated: false },
      };
    });
    const { status, body } = await gateway.call('POST', '/v1/workflows', { body: workflow });
    expect(status, JSON.stringify(body)).toBe(202);
    const { first, last } = body.tasks as Record<'first' | 'last', TaskId>;
    expect([...((await before) ?? new Map()).keys()].sort()).toEqual([first, last].sort());
    const { payload } = await others.next('workflow.submitted.v1');
    expect(payload.tasks.map(({ task_id }) => task_id)).toEqual([first, last]);
    await broker.restart({ data: 'lose' });
    await eventually(() => expect(submissionsOf(last)).toHaveLength(1), { timeoutMs: 10_000 });
    expect(submissionsOf(last)[0]?.payload.spec).toMatchObject({
      workflow_key: 'last',
      dependencies: [{ task_id: first, on_failure: 'run' }],
    });
    expect(submissionsOf(first)).toHaveLength(1);
  });

  test('that the router refuses leaves none of its tasks open', async () => {
    others.on('workflow.submitted.v1', () => {
      throw new NovaError('DEPENDENCY_UNKNOWN', 'there is none', { field: 'tasks/1/dependencies/0' });
    });
    const { status, body } = await gateway.call('POST', '/v1/workflows', { body: workflow });
    expect(status).toBe(409);
    expect(body.errors).toEqual([{ field: 'tasks/0/dependencies/0', detail: 'there is none' }]);
    await eventually(async () => expect([...(await kept()).values()]).toEqual(['withdrawn', 'withdrawn']));
  });
});

describe('a broker that is behind', () => {
  test('that lost everything gets what had not ended again, and what had as it ended', async () => {
    const headers = { 'idempotency-key': 'the-key' };
    const [open, ended] = [await submit({ role: 'dev' }, headers), await submit()];
    const dependent = await submit({ title: 'waits', dependencies: [] });
    await tell(ended, 'running', 'completed', { result: { sum: 3 } });
    await eventually(async () => (await kept()).get(ended) === 'completed');
    await loseEverything();
    await eventually(() => submissionsOf(open).length === 2 && submissionsOf(dependent).length === 2);
    expect(submissionsOf(open)[1]).toMatchObject({
      sender: 'admin',
      payload: { task_id: open, spec: { role: 'dev' }, answer: false, submitted_at_ms: expect.any(Number) },
      traceparent: submissionsOf(open)[0]?.traceparent,
    });
    const restored = await others.next('task.restored.v1', ({ payload }) => payload.task_id === ended);
    expect(restored.payload.end).toMatchObject({ status: 'completed', epoch: 5, result: { sum: 3 } });
    // The key is known as it was.
    expect(await submit({ role: 'dev' }, headers)).toBe(open);
    expect(gateway.log.join('')).toContain('the broker lost its data');
  });

  test('and whose request was repeated meanwhile gets no second task of it, unless somebody was told of the first', async () => {
    const other = `${newTaskId(0, Date.now())} a-hash`;
    const take = (key: string) => others.broker.call('SET', idempotencyKey(0, 'task', 'admin', key), other);
    const told = await submit({ title: 'answered' }, { 'idempotency-key': 'answered' });
    // The router does not answer in time: whoever asked does not hear of the task.
    const answer = gateway.call('POST', '/v1/tasks', {
      body: { title: 'unanswered', dependencies: [told] },
      headers: { 'idempotency-key': 'unanswered' },
    });
    const { payload } = await others.next(
      'task.submitted.v1',
      ({ payload: { spec } }) => spec.title === 'unanswered',
    );
    // In one go: before the gateway notices the loss and gives the keys back.
    await Promise.all([loseEverything(), take('answered'), take('unanswered')]);
    expect((await answer).status).toBe(503);
    await eventually(() => gateway.log.join('').includes('is given up'));
    await eventually(() => submissionsOf(told).length === 2);
    expect(submissionsOf(payload.task_id)).toHaveLength(1);
    await eventually(async () => (await kept()).get(payload.task_id) !== 'open');
    expect((await kept()).get(told)).toBe('open');
  });

  test('and a gateway that was started anew since remembers whose request may not have been answered', async () => {
    const told = await submit({ title: 'first' });
    const answer = await gateway.call('POST', '/v1/tasks', {
      body: { title: 'cut off', dependencies: [told] },
      headers: { 'idempotency-key': 'cut-off' },
    });
    expect(answer.status).toBe(503);
    const { payload } = await others.next(
      'task.submitted.v1',
      ({ payload: { spec } }) => spec.title === 'cut off',
    );
    states.set(payload.task_id, 'ready');
    await gateway.stop();
    gateway = await startGateway(broker.url, { NOVA_JOURNAL_DIR: dir });
    await eventually(() => gateway.log.join('').includes('is with the broker'));
    const before = submissionsOf(payload.task_id).length;
    const other = `${newTaskId(0, Date.now())} a-hash`;
    await Promise.all([
      loseEverything(),
      others.broker.call('SET', idempotencyKey(0, 'task', 'admin', 'cut-off'), other),
    ]);
    await eventually(() => gateway.log.join('').includes('is given up'));
    await eventually(() => submissionsOf(told).length >= 2);
    expect(submissionsOf(payload.task_id)).toHaveLength(before);
    await eventually(async () => (await kept()).get(payload.task_id) !== 'open');
  });

  test('a task that was refused and is asked for again under its key is kept like any other', async () => {
    const headers = { 'idempotency-key': 'refused-first' };
    const dependencies = ['task-0-0193f2ab4d7e7c1f9f0e5a4b3c2d1e0f'];
    const body = { title: 'refused first', dependencies };
    others.on('task.submitted.v1', () => {
      throw new NovaError('DEPENDENCY_UNKNOWN', 'not yet');
    });
    expect((await gateway.call('POST', '/v1/tasks', { body, headers })).status).toBe(409);
    others.on('task.submitted.v1', ({ message }) => {
      if (message.type !== 'task.submitted.v1') return undefined;
      states.set(message.payload.task_id, 'blocked');
      return { definition: TaskStateV1, payload: { task: viewOf(message.payload.task_id) } };
    });
    const again = await gateway.call('POST', '/v1/tasks', { body, headers });
    others.on('task.submitted.v1', () => undefined);
    expect(again.status).toBe(202);
    expect((await kept()).get(again.body.task_id)).toBe('open');
  });

  test('is noticed by the next submission, and by a gateway that was away', async () => {
    const first = await submit();
    await loseEverything();
    const second = await submit();
    await eventually(() => submissionsOf(first).length === 2);
    await gateway.stop();
    await loseEverything();
    gateway = await startGateway(broker.url, { NOVA_JOURNAL_DIR: dir });
    await eventually(() => submissionsOf(first).length === 3 && submissionsOf(second).length >= 2);
  });

  test('that has older data is asked first: only what it does not have comes again', async () => {
    const [there, lost, done] = [await submit(), await submit(), await submit()];
    await tell(done, 'running', 'failed', { error: { code: 'X', message: 'x' } });
    await eventually(async () => (await kept()).get(done) === 'failed');
    states.delete(lost);
    states.set(done, 'ready');
    const key = await markKey();
    await others.broker.call('HSET', key, 'count', 1);
    await eventually(() => submissionsOf(lost).length === 2);
    await others.next('task.restored.v1', ({ payload }) => payload.task_id === done);
    expect(submissionsOf(there)).toHaveLength(1);
    expect(gateway.log.join('')).toContain('older data');
  });

  test('and a start tells what ended meanwhile, what was never sent, and what is forgotten', async () => {
    const [ended, forgotten, open] = [await submit(), await submit(), await submit()];
    await gateway.stop();
    const key = await markKey();
    const numbers = Number(await others.broker.call('HGET', key, 'n'));
    await others.broker.call('HSET', key, 'n', numbers - 1);
    states.set(ended, 'cancelled');
    states.delete(forgotten);
    states.delete(open);
    gateway = await startGateway(broker.url, { NOVA_JOURNAL_DIR: dir });
    await eventually(() => submissionsOf(open).length === 2);
    await eventually(async () => {
      const now = await kept();
      return now.get(ended) === 'cancelled' && now.get(forgotten) === 'forgotten' && now.get(open) === 'open';
    });
    expect(submissionsOf(forgotten)).toHaveLength(1);
  });
});
