// Tasks that are given away in one go, and tasks that are kept apart, with the real registry on a real broker.
import { newTaskId, type TaskId, type TaskSpecInput, TaskSubmittedV1 } from '@nova-torch/protocol';
import type { AssembledService } from '@nova-torch/service-kit';
import { eventually } from '@nova-torch/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Rig, startRig, startRouter, streams } from './support/rig.ts';
import { say } from './support/say.ts';
import type { TestAgent, TestAgentOptions } from './support/test-agent.ts';

let rig: Rig;
let router: AssembledService | undefined;
const ENV = { NOVA_ASSIGNMENT_LEASE_MS: '10000' };

beforeAll(async () => {
  rig = await startRig();
});
afterEach(async () => {
  await rig.leave();
  await router?.stop();
  router = undefined;
});
afterAll(async () => {
  await rig.stop();
});

const start = async (): Promise<void> => {
  router = await startRouter(rig.url, ENV);
};
/** An agent that starts what it gets and does not end it by itself. */
const join = (registration: TestAgentOptions['registration']): Promise<TestAgent> =>
  rig.agent({ registration: { ...registration }, work: (assignment, self) => self.started(assignment) });
/** Submits all at once. */
async function submitTogether(...specs: Partial<TaskSpecInput>[]): Promise<TaskId[]> {
  const ids = specs.map((_, i) => newTaskId(0, Date.now() + i));
  const messages = specs.map((spec, i) =>
    say(TaskSubmittedV1, {
      task_id: ids[i] ?? newTaskId(0, Date.now()),
      spec: { title: 'a task', ...spec },
      submitter: 'rig',
    }),
  );
  await rig.send(streams.tasksQueue, ...messages);
  return ids;
}
const holderOf = async (taskId: TaskId) => (await rig.until(taskId, 'running')).agent_id;

describe('tasks given away together', { timeout: 60_000 }, () => {
  it('leave a scarce agent to the one that needs it, and tell of it', async () => {
    const scarce = await join({ role: 'mason', skills: ['stone', 'marble'] });
    const plain = await join({ role: 'mason', skills: [{ name: 'stone', level: 0.5 }] });
    // Both are on the stream before the router begins: it takes them in one go.
    const [any, needy] = await submitTogether(
      { role: 'mason', required_skills: ['stone'] },
      { role: 'mason', required_skills: ['marble'] },
    );
    if (any === undefined || needy === undefined) throw new Error('two tasks');
    await start();
    expect(await holderOf(any)).toBe(plain.id);
    expect(await holderOf(needy)).toBe(scarce.id);
    const [decision] = (await rig.explain(any)).decisions;
    expect(decision).toMatchObject({
      ...{ agent_id: plain.id, scored: 2 },
      batch: { tasks: 2, best_agent_id: scarce.id, given_to: needy, reason: 'only_agent' },
    });
    expect((await rig.explain(needy)).decisions[0]).not.toHaveProperty('batch');
    for (const taskId of [any, needy]) await rig.cancel(taskId);
  });
});

describe('tasks that are kept apart', { timeout: 60_000 }, () => {
  const labels = { customer: 'acme' };
  const spread = { label: 'customer', required: true } as const;
  const complete = async (taskId: TaskId): Promise<void> => {
    for (const agent of rig.agents) {
      const assignment = agent.assignments.find(({ task_id }) => task_id === taskId);
      if (assignment !== undefined) await agent.completed(assignment);
    }
    await rig.until(taskId, 'completed');
  };

  it('wait rather than share an agent, let others pass, and go on when one is done', async () => {
    await start();
    const [x, y] = [await join({ role: 'cook', capacity: 3 }), await join({ role: 'cook', capacity: 3 })];
    const three = [];
    for (let n = 0; n < 3; n += 1) three.push(await rig.submit({ role: 'cook', labels, spread }));
    const [first, second, third] = three as [TaskId, TaskId, TaskId];
    expect(new Set([await holderOf(first), await holderOf(second)])).toEqual(new Set([x.id, y.id]));
    const waiting = await eventually(async () => {
      const { waiting: told } = await rig.explain(third);
      expect(told?.reason).toContain('without a task with the label customer=acme: 2 can do it');
      return told;
    });
    expect(waiting?.passed_over).toContainEqual(
      expect.objectContaining({ reason: 'spread', what: 'customer=acme', count: 2 }),
    );
    const { waiting_for } = await rig.task(third);
    expect(waiting_for).toContain('customer=acme');
    // It holds up nobody of its line.
    const other = await rig.submit({ role: 'cook', labels: { customer: 'other' }, spread });
    await rig.until(other, 'running');
    const holder = await holderOf(first);
    await complete(first);
    expect(await holderOf(third)).toBe(holder);
    for (const taskId of [second, third, other]) await complete(taskId);
  });

  it('share an agent when they only should not, and tell of it', async () => {
    await start();
    const alone = await join({ role: 'baker', capacity: 2 });
    const first = await rig.submit({ role: 'baker', labels });
    expect(await holderOf(first)).toBe(alone.id);
    const second = await rig.submit({ role: 'baker', labels, spread: { label: 'customer' } });
    expect(await holderOf(second)).toBe(alone.id);
    expect((await rig.explain(second)).decisions[0]).toMatchObject({ crowded: true });
    for (const taskId of [first, second]) await complete(taskId);
  });

  it('are kept apart over hosts, also by a router that becomes active later', async () => {
    await start();
    const near = await join({ role: 'smith', host: 'h1', capacity: 2 });
    const first = await rig.submit({ role: 'smith', labels });
    expect(await holderOf(first)).toBe(near.id);
    await router?.stop();
    await start();
    await join({ role: 'smith', host: 'h1', capacity: 2 });
    const second = await rig.submit({ role: 'smith', labels, spread: { ...spread, over: 'host' } });
    await eventually(async () => {
      const { waiting } = await rig.explain(second);
      expect(waiting?.reason).toContain('customer=acme on its host');
    });
    const far = await join({ role: 'smith', host: 'h2' });
    expect(await holderOf(second)).toBe(far.id);
    for (const taskId of [first, second]) await complete(taskId);
  });
});

describe('what a text asks for', { timeout: 60_000 }, () => {
  it('is told beside the decisions', async () => {
    await start();
    const taskId = await rig.submit({ title: 'Translate it to French' });
    await rig.until(taskId, 'ready');
    expect((await rig.explain(taskId)).found).toEqual({ role: 'specialist', skills: ['translation'] });
    await rig.cancel(taskId);
    const named = await rig.submit({ title: 'Translate it', role: 'nobody' });
    await rig.until(named, 'ready');
    expect(await rig.explain(named)).not.toHaveProperty('found');
    await rig.cancel(named);
  });
});
