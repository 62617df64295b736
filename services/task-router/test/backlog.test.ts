import { newTaskId, type TaskId, TaskSubmittedV1 } from '@nova-torch/protocol';
import type { AssembledService } from '@nova-torch/service-kit';
import { asHash } from '@nova-torch/streams';
import { eventually } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TaskReader } from '../src/store/read-tasks.ts';
import { keys, type Rig, startRig, startRouter, streams } from './support/rig.ts';
import { say } from './support/say.ts';

let rig: Rig;
let router: AssembledService;
let reader: TaskReader;

/** A busy machine is slow with hundreds of tasks: no start may be late here. */
const PATIENT = { NOVA_ASSIGNMENT_LEASE_MS: '10000' };

beforeAll(async () => {
  rig = await startRig();
  router = await startRouter(rig.url, PATIENT);
  reader = new TaskReader(rig.broker, keys);
});
afterAll(async () => {
  await router.stop();
  await rig.stop();
});

const submitMany = async (count: number, spec: object): Promise<TaskId[]> => {
  const ids = Array.from({ length: count }, () => newTaskId(0, Date.now()));
  const submissions = ids.map((task_id) =>
    say(TaskSubmittedV1, { task_id, spec: { title: 'one of many', ...spec }, submitter: 'rig' }),
  );
  await rig.send(streams.tasksQueue, ...submissions);
  return ids;
};
const untilAll = (ids: readonly TaskId[], state: string): Promise<unknown> =>
  eventually(
    async () => {
      const states = await reader.states(ids);
      expect(ids.filter((id) => states.get(id) !== state)).toEqual([]);
    },
    { timeoutMs: 60_000, everyMs: 50, what: `all ${state}` },
  );

describe('a backlog', { timeout: 120_000 }, () => {
  it('larger than what is remembered is worked off, in turn, by a router that begins with it', async () => {
    const ids = await submitMany(600, { role: 'patient' });
    await untilAll(ids, 'ready');
    await router.stop();
    router = await startRouter(rig.url, PATIENT);
    const agent = await rig.agent({ registration: { role: 'patient', capacity: 50 } });
    await untilAll(ids, 'completed');
    expect(new Set(agent.assignments.map(({ task_id }) => task_id)).size).toBe(600);
    expect(agent.assignments.length).toBe(600);
    // Everything of the first window went before anything of the last hundred.
    const place = new Map(agent.assignments.map(({ task_id }, i) => [task_id, i]));
    const first = Math.max(...ids.slice(0, 100).map((id) => place.get(id) ?? Number.POSITIVE_INFINITY));
    const last = Math.min(...ids.slice(-100).map((id) => place.get(id) ?? -1));
    expect(first).toBeLessThan(last);
    await eventually(async () =>
      expect(await rig.broker.call('ZCARD', keys.waiting('patient|||normal|rig'))).toBe(0),
    );
  });
});

describe('a term that ends', { timeout: 120_000 }, () => {
  it('in the middle of the work costs nothing: the next one takes it up', async () => {
    const agent = await rig.agent({ registration: { role: 'steady', capacity: 5 } });
    const before = asHash(await rig.broker.call('HGETALL', keys.leader));
    const ids = await submitMany(200, { role: 'steady' });
    await eventually(() => agent.assignments.length > 5);
    const term = String(Number(before?.term) + 1);
    const untilMs = String(Date.now() + 600);
    await rig.broker.call('HSET', keys.leader, 'instance', 'another', 'term', term, 'until_ms', untilMs);
    ids.push(...(await submitMany(50, { role: 'steady' })));
    await untilAll(ids, 'completed');
    const after = asHash(await rig.broker.call('HGETALL', keys.leader));
    expect(Number(after?.term)).toBeGreaterThan(Number(term));
    for (const id of ids) {
      const history = (await reader.full(id, true))?.history ?? [];
      expect(history.filter(({ to }) => to === 'completed')).toHaveLength(1);
    }
    expect(await rig.broker.call('HLEN', keys.slots)).toBe(0);
  });
});
