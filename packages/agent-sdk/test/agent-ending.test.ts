// How an agent ends, and what it outlives, over each transport.
import { AgentDrainV1 } from '@nova-torch/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Agent } from '../src/index.ts';
import { aborted, eventually, WAYS, World } from './world.ts';

describe.each(WAYS)('an agent over %s', { timeout: 60_000 }, (way) => {
  let world: World;

  beforeAll(async () => {
    world = await World.open(way);
  });
  afterAll(() => world.close());
  beforeEach(() => world.begin());
  afterEach(() => world.end());

  it('drains: gives back what has not begun, finishes what runs, leaves', async () => {
    const go = Promise.withResolvers<string>();
    const { agent, agentId } = await world.startAgent(() => go.promise);
    const running = await world.platform.assign(agentId);
    await eventually(async () =>
      expect(await world.platform.reportedOf(running.task_id)).toEqual(['started']),
    );
    const waiting = await world.platform.assign(agentId);
    await eventually(() =>
      expect(world.platform.heartbeats.at(-1)?.current_tasks).toContain(waiting.task_id),
    );
    const draining = agent.drain({ deadlineMs: 10_000 });
    expect(agent.drain({ deadlineMs: 20_000 })).toBe(draining);
    expect((await world.endOf(waiting.task_id)).payload).toMatchObject({ returned: true });
    const late = await world.platform.assign(agentId);
    expect((await world.endOf(late.task_id)).payload).toMatchObject({ returned: true });
    await eventually(() => expect(world.platform.heartbeats.at(-1)?.draining).toBe(true));
    go.resolve('finished');
    await draining;
    expect((await world.endOf(running.task_id)).payload).toMatchObject({ result: 'finished' });
    expect(world.platform.left).toContain(agentId);
    expect(agent.state).toBe('stopped');
  });

  it('drains when the platform asks, and aborts at the deadline', async () => {
    const { agent, agentId } = await world.startAgent((_task, { signal }) => aborted(signal));
    const { task_id } = await world.platform.assign(agentId);
    await eventually(async () => expect(await world.platform.reportedOf(task_id)).toEqual(['started']));
    const until_ms = world.platform.broker.serverNowMs() + 200;
    await world.platform.post(agentId, AgentDrainV1, { agent_id: agentId, reason: 'scaling down', until_ms });
    await agent.closed;
    expect((await world.endOf(task_id)).payload).toMatchObject({
      code: 'AGENT_DRAINED',
      retryable: true,
      returned: false,
    });
    expect(world.platform.left).toContain(agentId);
  });

  it('stops and starts in any order', async () => {
    const agent = new Agent({ role: 'qa', connect: world.connect }).onTask(() => 'ok');
    await agent.stop();
    await agent.start();
    expect(agent.state).toBe('stopped');
    const other = new Agent({ role: 'qa', connect: world.connect }).onTask(() => 'ok');
    const starting = other.start();
    expect(other.start()).toBe(starting);
    await other.stop();
    await starting;
    expect(other.state).toBe('stopped');
    expect(() => other.onTask(() => 'late')).toThrow(TypeError);
  });

  it('goes on by itself when the broker restarts under load, and loses no report', async () => {
    const done: string[] = [];
    const { agentId } = await world.startAgent(
      async (task) => {
        await new Promise((resolve) => setTimeout(resolve, 60));
        done.push(task.task_id);
        return task.title;
      },
      { capacity: 8 },
    );
    const tasks = await Promise.all(Array.from({ length: 40 }, () => world.platform.assign(agentId)));
    await eventually(() => expect(done.length).toBeGreaterThan(4));
    await world.broker.restart();
    for (const { task_id } of tasks) {
      await eventually(async () => expect(await world.platform.reportedOf(task_id)).toContain('completed'), {
        timeoutMs: 20_000,
      });
    }
    expect(new Set(done).size).toBe(40);
    expect(done).toHaveLength(40);
  });

  it('keeps a report while the broker is away', async () => {
    const go = Promise.withResolvers<string>();
    const { agentId } = await world.startAgent(() => go.promise);
    const { task_id } = await world.platform.assign(agentId);
    await eventually(async () => expect(await world.platform.reportedOf(task_id)).toEqual(['started']));
    await world.broker.kill9();
    go.resolve('kept');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await world.broker.restart();
    await eventually(async () => expect(await world.platform.reportedOf(task_id)).toContain('completed'), {
      timeoutMs: 10_000,
    });
  });

  it('registers anew when the broker lost everything', async () => {
    const { agent, agentId } = await world.startAgent(() => 'ok');
    await world.broker.restart({ data: 'lose' });
    const renewed = await eventually(
      () => {
        const { agentId: id } = agent;
        return id !== undefined && id !== agentId && id;
      },
      // A pull over HTTP waits 20 s before the next one finds no inbox.
      { timeoutMs: 28_000 },
    );
    const { task_id } = await world.platform.assign(renewed);
    await eventually(async () => expect(await world.platform.reportedOf(task_id)).toContain('completed'));
  });
});
