// Agents on the real platform: every service a process, a real broker, both ways to it.
import { NovaClient } from '@nova-torch/client';
import type { AgentId } from '@nova-torch/protocol';
import { eventually as becomes, type Platform, startPlatform } from '@nova-torch/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Agent, type AgentOptions, type Connect, gatewayTransport, streamsTransport } from '../src/index.ts';

let platform: Platform;
let client: NovaClient;
const agents: Agent[] = [];
const eventually = <T>(probe: () => T | Promise<T>) => becomes(probe, { timeoutMs: 20_000, everyMs: 20 });

beforeAll(async () => {
  platform = await startPlatform({ services: ['registry', 'task-router', 'collaboration', 'gateway'] });
  client = new NovaClient({ baseUrl: platform.gatewayUrl, key: platform.adminKey });
}, 90_000);
afterEach(() => Promise.all(agents.splice(0).map((agent) => agent.stop())));
afterAll(() => platform?.stop());

const ways: Record<string, () => Connect> = {
  streams: () => streamsTransport({ brokerUrl: platform.brokerUrl }),
  'the gateway': () => gatewayTransport({ apiUrl: platform.gatewayUrl, adminKey: platform.adminKey }),
};

function agentOver(way: string, options: Partial<AgentOptions> = {}): Agent {
  const connect = ways[way]?.() ?? expect.unreachable();
  const agent = new Agent({ role: 'developer', skills: ['work'], connect, abortGraceMs: 500, ...options });
  agents.push(agent);
  return agent;
}

const untilRunning = (taskId: string) =>
  eventually(async () => expect((await client.getTask(taskId)).status).toBe('running'));

describe.each(Object.keys(ways))('an agent over %s, on the platform', { timeout: 90_000 }, (way) => {
  it('completes tasks, short and long, and builds on their results', async () => {
    await agentOver(way, { capacity: 4 })
      .onTask(async (task, context) => {
        if (task.title === 'long') await new Promise((resolve) => setTimeout(resolve, 200));
        return { title: task.title, before: Object.values(context.dependencyResults) };
      })
      .start();
    const short = await client.submitTask({ title: 'short', required_skills: ['work'] });
    const dependencies = [short.task_id];
    const long = await client.submitTask({ title: 'long', required_skills: ['work'], dependencies });
    expect(await client.waitForTask(long.task_id)).toMatchObject({
      status: 'completed',
      result: { title: 'long', before: [{ title: 'short', before: [] }] },
    });
  });

  it('works off a pile of tasks, each once', async () => {
    const runs: string[] = [];
    await agentOver(way, { capacity: 8 })
      .onTask(async (task) => {
        runs.push(task.task_id);
        return task.inputs;
      })
      .start();
    const specs = Array.from({ length: 200 }, (_, n) => ({
      title: `${n}`,
      required_skills: ['work'],
      inputs: { n },
    }));
    await client.submitTasks(specs);
    await eventually(() => expect(runs.length).toBeGreaterThanOrEqual(200));
    expect(new Set(runs).size).toBe(200);
    expect(runs).toHaveLength(200);
  });

  it('is stopped when its task is cancelled', async () => {
    const reasons: unknown[] = [];
    await agentOver(way)
      .onTask(
        (_task, { signal }) =>
          new Promise((resolve) => {
            signal.addEventListener('abort', () => resolve(reasons.push(signal.reason)));
          }),
      )
      .start();
    const { task_id } = await client.submitTask({ title: 'cancelled', required_skills: ['work'] });
    await untilRunning(task_id);
    await client.cancelTask(task_id);
    await eventually(() => expect(reasons).toEqual([expect.objectContaining({ why: 'stopped' })]));
    expect((await client.getTask(task_id)).status).toBe('cancelled');
  });

  it('hands what it cannot finish to another when it drains', async () => {
    const first = agentOver(way).onTask(
      (_task, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
    );
    await first.start();
    const retry_backoff = { initial_s: 0 };
    const spec = { title: 'handed over', required_skills: ['work'], retry_backoff };
    const { task_id } = await client.submitTask(spec);
    await untilRunning(task_id);
    const second = agentOver(way).onTask(() => 'by the second');
    await second.start();
    await first.drain({ deadlineMs: 100 });
    expect(await client.waitForTask(task_id)).toMatchObject({
      status: 'completed',
      result: 'by the second',
      agent_id: second.agentId,
      attempt: 2,
    });
    // Who left and holds nothing any more is soon forgotten.
    await eventually(async () => {
      const agentIds = (await client.listAgents()).map(({ agent_id }) => agent_id);
      expect(agentIds).not.toContain(first.agentId);
    });
  });

  it('takes messages, and sends them', async () => {
    const bodies: unknown[] = [];
    const receiver = agentOver(way, { role: 'qa', skills: [] })
      .onTask(() => 'ok')
      .onMessage(({ body }) => void bodies.push(body));
    await receiver.start();
    const sender = agentOver(way, { skills: [] }).onTask(() => 'ok');
    await sender.start();
    const to = receiver.agentId as AgentId;
    const { message_id } = await sender.sendMessage(to, { n: 1 });
    await eventually(() => expect(bodies).toEqual([{ n: 1 }]));
    await eventually(async () => {
      const { recipients } = await client.getMessage(message_id);
      expect(recipients).toEqual([expect.objectContaining({ agent_id: to, state: 'delivered' })]);
    });
  });
});
