import { newTaskId, type TaskId, TaskSubmittedV1 } from '@nova-torch/protocol';
import { asHash } from '@nova-torch/streams';
import { eventually } from '@nova-torch/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TaskReader } from '../src/store/read-tasks.ts';
import { keys, type Rig, startRig, streams } from './support/rig.ts';
import { say } from './support/say.ts';
import type { Assignment, TestAgent } from './support/test-agent.ts';

const ROUTERS = ['task-router', 'task-router#2'] as const;
type RouterName = (typeof ROUTERS)[number];

let rig: Rig;
let agent: TestAgent;
const done = new Map<TaskId, Assignment[]>();

/** Which of the two is active, by the lease. */
async function activeRouter(): Promise<{ name: RouterName; term: number }> {
  return eventually(async () => {
    const leader = asHash(await rig.broker.call('HGETALL', keys.leader));
    const name = ROUTERS.find((one) => `${one.replace('#', '-')}-x` === leader?.instance);
    if (name === undefined || Number(leader?.until_ms) < Date.now()) return false;
    return { name, term: Number(leader?.term) };
  });
}

const submitMany = async (count: number): Promise<TaskId[]> => {
  const ids = Array.from({ length: count }, () => newTaskId(0, Date.now()));
  await rig.send(
    streams.tasksQueue,
    ...ids.map((task_id) =>
      say(TaskSubmittedV1, { task_id, spec: { title: 'one of many' }, submitter: 'rig' }),
    ),
  );
  return ids;
};

/** Every one is completed once: one accepted result, each epoch given out once. */
async function expectDoneOnce(ids: readonly TaskId[]): Promise<void> {
  const reader = new TaskReader(rig.broker, keys);
  await eventually(
    async () => {
      const states = await reader.states(ids);
      expect(ids.map((id) => states.get(id))).toEqual(ids.map(() => 'completed'));
    },
    { timeoutMs: 30_000, everyMs: 50 },
  );
  const counts = new Map<string, number>();
  for (const message of await rig.messages(streams.tasksActive)) {
    if (message.type !== 'task.changed.v1') continue;
    for (const { task_id: taskId, to } of message.payload.changes) {
      if (to === 'completed') counts.set(taskId, (counts.get(taskId) ?? 0) + 1);
    }
  }
  for (const id of ids) {
    expect(counts.get(id)).toBe(1);
    const epochs = (done.get(id) ?? []).map(({ epoch }) => epoch);
    expect(new Set(epochs).size).toBe(epochs.length);
    const history = (await reader.full(id, true))?.history ?? [];
    expect(history.filter(({ to }) => to === 'completed')).toHaveLength(1);
    expect(history.map(({ seq }) => seq)).toEqual(history.map((_, i) => i + 1));
  }
}

beforeAll(async () => {
  rig = await startRig({
    services: ['registry', ...ROUTERS],
    envOf: {
      'task-router': { NOVA_INSTANCE: 'task-router-x' },
      'task-router#2': { NOVA_INSTANCE: 'task-router-2-x' },
    },
  });
  agent = await rig.agent({
    registration: { capacity: 20 },
    work: async (assignment, self) => {
      done.set(assignment.task_id, [...(done.get(assignment.task_id) ?? []), assignment]);
      await self.completed(assignment);
    },
  });
});
afterEach(async () => {
  for (const name of ROUTERS) {
    const router = rig.platform.service(name);
    if (router.pid === undefined) await router.start();
    else router.resume();
  }
});
afterAll(async () => {
  await rig.stop();
});

describe('two routers', { timeout: 120_000 }, () => {
  it('have one active one, and each answers questions', async () => {
    await activeRouter();
    const [taskId] = await submitMany(1);
    if (taskId === undefined) throw new Error('nothing was submitted');
    for (let i = 0; i < 10; i += 1) await rig.until(taskId, 'completed');
    expect(agent.assignments.length).toBeGreaterThan(0);
  });

  it('lose and double nothing when the active one is killed in the middle of the work', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { name, term } = await activeRouter();
      const before = await submitMany(300);
      await eventually(() => before.some((id) => done.has(id)));
      await rig.platform.kill9(name);
      const killedAt = Date.now();
      const after = await submitMany(20);
      // Epochs are times: a later one was given by the other router.
      await eventually(() => agent.assignments.some(({ epoch }) => epoch > killedAt + 50), {
        timeoutMs: 20_000,
      });
      await expectDoneOnce([...before, ...after]);
      expect((await activeRouter()).term).toBeGreaterThan(term);
      await rig.platform.restart(name);
    }
    expect(await rig.broker.call('HLEN', keys.slots)).toBe(0);
    expect(await rig.broker.call('ZCARD', keys.active)).toBe(0);
  });

  it('go on when the active one hangs, and it writes nothing when it wakes', async () => {
    const { name } = await activeRouter();
    const before = await submitMany(200);
    await eventually(() => before.some((id) => done.has(id)));
    rig.platform.service(name).pause();
    const after = await submitMany(50);
    await expectDoneOnce(after);
    // Now, for later the lease may have changed hands again.
    expect((await activeRouter()).name).not.toBe(name);
    rig.platform.service(name).resume();
    await expectDoneOnce([...before, ...after]);
    const last = await submitMany(50);
    await expectDoneOnce(last);
  });

  it('hand over at once when the active one is stopped', async () => {
    const { name, term } = await activeRouter();
    await rig.platform.service(name).stop();
    // At once: the one that stopped has not left its lease to run out.
    const leader = asHash(await rig.broker.call('HGETALL', keys.leader));
    expect(Number(leader?.term) > term || leader?.until_ms === '0').toBe(true);
    const ids = await submitMany(10);
    await expectDoneOnce(ids);
    expect((await activeRouter()).name).not.toBe(name);
    await rig.platform.service(name).start();
  });
});

describe('the broker', { timeout: 60_000 }, () => {
  it('gone for a moment costs nothing', async () => {
    const before = await submitMany(200);
    await eventually(() => before.some((id) => done.has(id)));
    await rig.platform.broker.pause();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await rig.platform.broker.resume();
    await expectDoneOnce(before);
  });

  it('that loses its data leaves routers that work', async () => {
    await activeRouter();
    await rig.platform.broker.flush();
    await agent.registerAgain();
    const ids = await eventually(
      async () => {
        const sent = await submitMany(5);
        await eventually(() => sent.every((id) => done.has(id)), { timeoutMs: 1_000 });
        return sent;
      },
      { timeoutMs: 20_000 },
    );
    for (const id of ids) await rig.until(id, 'completed');
  });
});
