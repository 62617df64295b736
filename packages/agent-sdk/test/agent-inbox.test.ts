// What else comes into an agent's inbox, and its signs of life, over each transport.
import { newTaskId, TaskRetryV1 } from '@nova-torch/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aborted, eventually, WAYS, World } from './world.ts';

describe.each(WAYS)('an agent over %s', { timeout: 60_000 }, (way) => {
  let world: World;

  beforeAll(async () => {
    world = await World.open(way);
  });
  afterAll(() => world.close());
  beforeEach(() => world.begin());
  afterEach(() => world.end());

  it('takes messages one at a time and says so afterwards', async () => {
    const taken: unknown[] = [];
    const agent = world
      .agent()
      .onTask(() => undefined)
      .onMessage(async ({ body, messageId }) => {
        expect(world.platform.delivered).not.toContain(messageId);
        taken.push(body);
      });
    await agent.start();
    const agentId = agent.agentId ?? expect.unreachable();
    const ids = [
      await world.platform.message(agentId, { n: 1 }),
      await world.platform.message(agentId, 'two'),
    ];
    await eventually(() => expect(world.platform.delivered).toEqual(ids));
    expect(taken).toEqual([{ n: 1 }, 'two']);
    await world.settled(agentId);
  });

  it('takes the most urgent of what waits first, and nothing whose time is over', async () => {
    const taken: unknown[] = [];
    const agent = world
      .agent()
      .onTask(() => undefined)
      .onMessage(({ body }) => void taken.push(body));
    await agent.start();
    const agentId = agent.agentId ?? expect.unreachable();
    const expires_at = (world.platform.broker.serverNowMs() - 60_000) / 1000;
    await world.platform.messages(agentId, [
      ...Array.from({ length: 20 }, (_, n) => ({ body: `low ${n}`, fields: { priority: 'low' as const } })),
      { body: 'over', fields: { expires_at } },
      { body: 'urgent', fields: { priority: 'urgent' } },
    ]);
    await eventually(() => expect(taken).toHaveLength(21));
    expect(taken.indexOf('urgent')).toBeLessThan(2);
    expect(taken.filter((body) => body !== 'urgent')).toEqual(
      Array.from({ length: 20 }, (_, n) => `low ${n}`),
    );
    await world.settled(agentId);
    await eventually(() => expect(world.platform.delivered).toHaveLength(21));
    expect(await world.platform.deadLetters(agentId)).toEqual([]);
  });

  it('leaves messages undelivered when nobody takes them', async () => {
    const { agentId } = await world.startAgent(() => 'ok');
    await world.platform.message(agentId, 'for nobody');
    const { task_id } = await world.platform.assign(agentId);
    await world.endOf(task_id);
    expect(world.platform.delivered).toEqual([]);
    await eventually(async () => expect(await world.platform.pending(agentId)).toBe(1));
  });

  it('sends messages', async () => {
    const { agent, agentId } = await world.startAgent((_task, context) =>
      context.sendMessage('role:qa', { n: 1 }),
    );
    const { task_id } = await world.platform.assign(agentId);
    expect((await world.endOf(task_id)).payload).toMatchObject({ result: { from: agentId, to: 'role:qa' } });
    expect(world.platform.sent).toEqual([
      expect.objectContaining({ from: agentId, to: 'role:qa', body: { n: 1 } }),
    ]);
    await expect(agent.sendMessage('role:nobody', 1)).rejects.toMatchObject({ code: 'NO_RECIPIENT' });
  });

  it('beats with what it holds, also while a task runs', async () => {
    const go = Promise.withResolvers<void>();
    const { agentId } = await world.startAgent(() => go.promise);
    const { task_id } = await world.platform.assign(agentId);
    await eventually(() => {
      const held = world.platform.heartbeats.filter(({ current_tasks }) => current_tasks.includes(task_id));
      expect(held.length).toBeGreaterThan(2);
      // The last beat of an agent of the test before may be among all.
      expect(held.every(({ agent_id }) => agent_id === agentId)).toBe(true);
    });
    go.resolve();
    await world.endOf(task_id);
    await eventually(() => expect(world.platform.heartbeats.at(-1)?.current_tasks).toEqual([]));
  });

  it('ignores what does not belong into an inbox', async () => {
    const { agentId } = await world.startAgent(() => 'ok');
    await world.platform.postRaw(agentId, '{"no":"message"}');
    await world.platform.post(agentId, TaskRetryV1, { task_id: newTaskId(0, Date.now()), by: 'a test' });
    const { task_id } = await world.platform.assign(agentId);
    await world.endOf(task_id);
    await world.settled(agentId);
  });

  it('aborts everything and registers anew when it was taken for gone', async () => {
    const reasons: unknown[] = [];
    const { agent, agentId } = await world.startAgent(async (task, { signal }) =>
      task.title === 'long' ? void reasons.push(await aborted(signal)) : 'ok',
    );
    const lost = await world.platform.assign(agentId, { spec: { title: 'long' } });
    await eventually(async () => expect(await world.platform.reportedOf(lost.task_id)).toEqual(['started']));
    await world.platform.gone(agentId);
    await eventually(() => expect(reasons).toEqual([expect.objectContaining({ why: 'agent_gone' })]));
    const renewed = await eventually(() => {
      const { agentId: id } = agent;
      return id !== undefined && id !== agentId && id;
    });
    const { task_id } = await world.platform.assign(renewed);
    await world.endOf(task_id);
    expect(await world.platform.reportedOf(lost.task_id)).toEqual(['started']);
  });

  it('registers again under the id it was given, when its inbox is gone', async () => {
    const { agentId } = await world.startAgent(() => 'ok');
    const { agent } = await world.startAgent(() => 'ok', { agentId });
    const before = world.platform.registrations.length;
    await world.platform.reap(agentId);
    await eventually(() => expect(world.platform.registrations.length).toBeGreaterThan(before), {
      timeoutMs: 10_000,
    });
    expect(agent.agentId).toBe(agentId);
  });
});
