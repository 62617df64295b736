import { newTaskId, type TaskId, TaskSubmittedV1 } from '@nova-torch/protocol';
import type { AssembledService } from '@nova-torch/service-kit';
import { eventually } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keys, type Rig, startRig, startRouter, streams } from './support/rig.ts';
import { say } from './support/say.ts';
import type { TestAgent } from './support/test-agent.ts';

let rig: Rig;
let router: AssembledService;
let worker: TestAgent;

beforeAll(async () => {
  rig = await startRig();
  router = await startRouter(rig.url, { NOVA_RECONCILE_EVERY_MS: '20', NOVA_RETENTION_TASKS_MAX: '100' });
  worker = await rig.agent({
    registration: { role: 'holder', capacity: 2 },
    work: (assignment, agent) => agent.started(assignment),
  });
});
afterAll(async () => {
  await router.stop();
  await rig.stop();
});

const waitingKey = keys.waiting('nobody|||normal|rig');

describe('the reconciler', () => {
  it('puts a waiting task back that fell out of its line and lost its timer', async () => {
    const taskId = await rig.submit({ role: 'nobody' });
    await rig.until(taskId, 'ready');
    await rig.broker.call('ZREM', waitingKey, taskId);
    await rig.broker.call('ZREM', keys.timers, taskId);
    await eventually(async () => {
      expect(await rig.broker.call('ZSCORE', waitingKey, taskId)).not.toBeNull();
      expect(await rig.broker.call('ZSCORE', keys.timers, taskId)).not.toBeNull();
    });
    await rig.cancel(taskId);
  });

  it('moves a task that waits in a line as former versions named it', async () => {
    const taskId = await rig.submit({ role: 'nobody' });
    await rig.until(taskId, 'ready');
    const former = keys.waiting('nobody|');
    await rig.broker.batch([
      ['ZREM', waitingKey, taskId],
      ['ZADD', former, 1, taskId],
      ['SADD', keys.classes, 'nobody|'],
    ]);
    await eventually(async () => {
      expect(await rig.broker.call('ZSCORE', waitingKey, taskId)).not.toBeNull();
      expect(await rig.broker.call('ZSCORE', former, taskId)).toBeNull();
    });
    await rig.cancel(taskId);
  });

  it('removes what stands in an index and does not belong there', async () => {
    const ghost = newTaskId(0, Date.now());
    const taskId = await rig.submit({ role: 'holder' });
    await rig.until(taskId, 'running');
    await rig.broker.batch([
      ['ZADD', keys.active, 1, ghost],
      ['ZADD', keys.timers, 9_999_999_999_999, ghost],
      ['ZADD', waitingKey, 1, taskId],
      ['SADD', keys.classes, 'nobody|||normal|rig'],
    ]);
    await eventually(async () => {
      const [ghostActive, ghostTimer, wrongLine] = await rig.broker.batch([
        ['ZSCORE', keys.active, ghost],
        ['ZSCORE', keys.timers, ghost],
        ['ZSCORE', waitingKey, taskId],
      ]);
      expect([ghostActive, ghostTimer, wrongLine]).toEqual([null, null, null]);
    });
    await rig.cancel(taskId);
  });

  it('puts the slots right, in the store and in the choice of agents', async () => {
    await rig.broker.call('HSET', keys.slots, worker.id, 2);
    await eventually(async () => expect(await rig.broker.call('HGET', keys.slots, worker.id)).toBeNull());
    const ids: TaskId[] = [await rig.submit({ role: 'holder' }), await rig.submit({ role: 'holder' })];
    for (const id of ids) await rig.until(id, 'running');
    await rig.broker.call('HSET', keys.slots, worker.id, 0);
    await eventually(async () => expect(await rig.broker.call('HGET', keys.slots, worker.id)).toBe('2'));
    for (const id of ids) await rig.cancel(id);
    await eventually(async () => expect(await rig.broker.call('HLEN', keys.slots)).toBe(0));
  });

  it('finds tasks that its memory does not know of', async () => {
    const taskId = await rig.submit({ role: 'late-role' });
    await rig.until(taskId, 'ready');
    await router.stop();
    router = await startRouter(rig.url, { NOVA_RECONCILE_EVERY_MS: '20', NOVA_RETENTION_TASKS_MAX: '100' });
    // A class that lost its place in the set of classes is unknown to a router that begins.
    await rig.broker.call('SREM', keys.classes, 'late-role|||normal|rig');
    await rig.broker.call('ZREM', keys.waiting('late-role|||normal|rig'), taskId);
    await rig.agent({ registration: { role: 'late-role' } });
    await rig.until(taskId, 'completed');
  });

  it('forgets classes without tasks', async () => {
    await eventually(async () => expect(await rig.broker.call('SMEMBERS', keys.classes)).toEqual([]));
  });
});

describe('retention', () => {
  it('keeps as many ended tasks as it was told, the newest', async () => {
    const agent = await rig.agent({ registration: { role: 'fast', capacity: 10 } });
    const ids = Array.from({ length: 130 }, () => newTaskId(0, Date.now()));
    await rig.send(
      streams.tasksQueue,
      ...ids.map((task_id) =>
        say(TaskSubmittedV1, { task_id, spec: { title: 'short', role: 'fast' }, submitter: 'rig' }),
      ),
    );
    // The first are forgotten while the last are done: only the feed tells of all.
    const completed = async () =>
      (await rig.messages(streams.tasksActive))
        .flatMap((message) => (message.type === 'task.changed.v1' ? message.payload.changes : []))
        .filter(({ to, agent_id }) => to === 'completed' && agent_id === agent.id);
    await eventually(
      async () => expect(new Set((await completed()).map(({ task_id }) => task_id)).size).toBe(130),
      { timeoutMs: 20_000, everyMs: 50 },
    );
    await eventually(async () => expect(await rig.broker.call('ZCARD', keys.ended)).toBe(100), {
      timeoutMs: 15_000,
    });
    expect(await rig.broker.call('EXISTS', keys.task(ids[0] ?? newTaskId(0, 0)))).toBe(0);
    expect(await rig.broker.call('ZCARD', keys.index)).toBe(100);
  });
});
