// How far the fleet does without people, counted by a real router on a real broker with the real registry.
import { newTaskId, TaskCancelV1, type TaskId, TaskRestoredV1 } from '@nova-torch/protocol';
import type { AssembledService } from '@nova-torch/service-kit';
import { eventually } from '@nova-torch/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Rig, startRig, startRouter, streams } from './support/rig.ts';
import { say } from './support/say.ts';

let rig: Rig;
let router: AssembledService;

beforeAll(async () => {
  rig = await startRig();
});
beforeEach(async () => {
  router = await startRouter(rig.url, { NOVA_DEMAND_OPEN_MAX: '0' });
});
afterEach(async () => {
  await rig.leave();
  await router.stop();
});
afterAll(async () => {
  await rig.stop();
});

const join: Rig['agent'] = (options) => rig.agent(options);
/** The value of a metric with these labels; 0 while there is none. */
const metric = async (name: string, labels: Record<string, string> = {}): Promise<number> => {
  const text = await (await fetch(`${router.address()}/metrics`)).text();
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const found = text
    .split('\n')
    .find((one) => one.startsWith(`nova_torch_${name}{`) && wanted.every((label) => one.includes(label)));
  return found === undefined ? 0 : Number(found.split(' ').at(-1));
};
const ends = (end: string, hand: string) => metric('tasks_ended_total', { end, hand });
const adaptations = (part: string, lack: string, outcome: string) =>
  metric(`router_adaptation_duration_seconds_${part}`, { lack, outcome });
/** What the router last said of it on the feed of states. */
const figures = async () => {
  const said = (await rig.messages(streams.monitoring)).flatMap((message) =>
    message.type === 'service.status.v1' && message.payload.address === router.address()
      ? [message.payload.autonomy]
      : [],
  );
  return said.at(-1);
};

it('counts each end once, with the last hand a person had in it', async () => {
  const failing = new Set<TaskId>();
  await join({
    registration: { capacity: 8 },
    work: (assignment, self) =>
      failing.has(assignment.task_id) || assignment.spec.title === 'bad'
        ? self.failed(assignment, { retryable: false })
        : self.completed(assignment),
  });
  const good = await Promise.all(Array.from({ length: 20 }, (_, i) => rig.submit({ title: `good ${i}` })));
  for (const taskId of good) await rig.until(taskId, 'completed');
  const bad = await rig.submit({ title: 'bad' });
  await rig.until(bad, 'failed');
  expect([await ends('completed', 'none'), await ends('failed', 'none')]).toEqual([20, 1]);

  await rig.retry(bad);
  await rig.until(bad, 'failed');
  await eventually(async () => expect(await ends('failed', 'retry')).toBe(1));

  const waiting = await rig.submit({ required_skills: ['nobody'] });
  await rig.until(waiting, 'ready');
  await rig.cancel(waiting);
  // A service's own command is no person's, and a repetition ends nothing.
  const other = await rig.submit({ required_skills: ['nobody'] });
  await rig.until(other, 'ready');
  const command = say(TaskCancelV1, { task_id: other, reason: 'too many', by: 'spawner-1a2b3c' });
  for (const _ of [1, 2]) await rig.ask(streams.tasksQueue, command);
  expect([await ends('cancelled', 'cancel'), await ends('cancelled', 'none')]).toEqual([1, 1]);

  // What had ended before comes back as it was.
  const back = newTaskId(0, Date.now());
  const end = { status: 'completed' as const, ended_at_ms: Date.now(), epoch: 1, attempt: 1 };
  const origin = { spec: { title: 'done before' }, submitter: 'admin', submitted_at_ms: Date.now() };
  await rig.send(streams.tasksQueue, say(TaskRestoredV1, { task_id: back, ...origin, end }));
  await rig.until(back, 'completed');
  expect(await ends('completed', 'none')).toBe(20);

  await eventually(
    async () => {
      const seen = await figures();
      expect(seen).toMatchObject({ ended: 24, ended_alone: 22, completed: 20 });
      expect(seen?.agent_hours).toBeGreaterThan(0);
    },
    { timeoutMs: 10_000 },
  );
});

it('sums up the time of agents that may be given tasks', async () => {
  for (const _ of [1, 2]) await join();
  await rig.known(router);
  const [from, before] = [performance.now(), await metric('router_agent_seconds_total')];
  await eventually(
    async () => expect((await metric('router_agent_seconds_total')) - before).toBeGreaterThan(4),
    { timeoutMs: 15_000 },
  );
  const seconds = (performance.now() - from) / 1000;
  // It is counted at looks a second apart at most.
  expect((await metric('router_agent_seconds_total')) - before).toBeLessThan(2 * (seconds + 1));
});

it('takes the time from demand nobody can do until somebody comes, to the moment', async () => {
  const from = performance.now();
  const taskId = await rig.submit({ required_skills: ['rare'] });
  await rig.until(taskId, 'ready');
  await join({ registration: { skills: ['rare'] } });
  await rig.until(taskId, 'completed');
  await eventually(async () => expect(await adaptations('count', 'agent', 'adapted')).toBe(1));
  const seconds = await adaptations('sum', 'agent', 'adapted');
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual((performance.now() - from) / 1000);

  // Whoever gives up waiting has not been adapted to.
  const givenUp = await rig.submit({ required_skills: ['rarer'] });
  await eventually(async () => expect(await metric('router_classes_without_candidate')).toBe(1));
  await rig.cancel(givenUp);
  await eventually(async () => expect(await adaptations('count', 'agent', 'withdrawn')).toBe(1));
  expect(await adaptations('count', 'agent', 'adapted')).toBe(1);
  await eventually(
    async () => expect(await figures()).toMatchObject({ adaptations: 1, adapt_p50_s: seconds }),
    {
      timeoutMs: 10_000,
    },
  );
});

it('tells agents that are busy from agents that are missing', async () => {
  const held = Promise.withResolvers<void>();
  await join({
    work: async (assignment, self) => {
      await self.started(assignment);
      await held.promise;
      await self.completed(assignment);
    },
  });
  await rig.known(router);
  const [first, second] = [await rig.submit(), await rig.submit({ role: 'developer' })];
  await rig.until(first, 'running');
  expect(await adaptations('count', 'slot', 'adapted')).toBe(0);
  // Its agent is busy for at least one look.
  const looked = await metric('router_agent_seconds_total');
  await eventually(async () =>
    expect(await metric('router_agent_seconds_total')).toBeGreaterThan(looked + 1.5),
  );
  held.resolve();
  await rig.until(second, 'completed');
  await eventually(async () => expect(await adaptations('count', 'slot', 'adapted')).toBe(1));
});
