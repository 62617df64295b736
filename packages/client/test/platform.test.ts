// The client against the whole platform: real services, a real broker, this test as the agent.
import type { AgentRecord } from '@nova-torch/protocol';
import { eventually, type Platform, startPlatform } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  AgentRegistry,
  AgentSpawner,
  CollaborationManager,
  findLocal,
  NovaApiError,
  NovaClient,
  NovaOrchestrator,
  TaskOrchestrator,
} from '../src/index.ts';

let platform: Platform;
let client: NovaClient;
beforeAll(async () => {
  platform = await startPlatform();
  client = new NovaClient({ baseUrl: platform.gatewayUrl, key: platform.adminKey });
  await eventually(async () => (await client.health()).status === 'ok', { timeoutMs: 20_000 });
});
afterAll(() => platform.stop());

/** An agent with a skill of its own, so that it gets the tasks of its test only. */
async function joinAgent(skill: string): Promise<{ agent: AgentRecord; own: NovaClient }> {
  const { agent, token } = await client.registerAgent({ role: 'developer', skills: [skill], capacity: 2 });
  return { agent, own: client.withKey(token) };
}

/** Takes the next assignment of an agent. */
async function nextAssignment(own: NovaClient, agentId: string) {
  for (;;) {
    // Who gives no sign of life is taken for gone.
    await own.heartbeat(agentId);
    for (const { entry_id, message } of await own.pullInbox(agentId, { waitS: 10 })) {
      if (message.type === 'task.assigned.v1') return { entry_id, ...message.payload };
    }
  }
}

describe('a task', () => {
  test('is submitted, done by an agent and waited for', async () => {
    const { agent, own } = await joinAgent('client-whole');
    const accepted = await client.submitTask({ title: 'Whole way', required_skills: ['client-whole'] });
    const waiting = client.waitForTask(accepted.task_id, { timeoutS: 20 });
    const { task_id, epoch, lease, lease_until_ms, entry_id } = await nextAssignment(own, agent.agent_id);
    expect(task_id).toBe(accepted.task_id);
    const report = { epoch, lease };
    await own.startTask(agent.agent_id, task_id, { ...report, lease_until_ms });
    await own.reportProgress(agent.agent_id, task_id, { ...report, percent: 50, step: 'half' });
    const result = { words: 7 };
    await own.completeTask(agent.agent_id, task_id, { ...report, result, entry_ids: [entry_id] });
    expect(await waiting).toMatchObject({ status: 'completed', result: { words: 7 } });
    expect(await client.getTask(task_id)).toMatchObject({ status: 'completed', agent_id: agent.agent_id });
    const history = await client.getTaskHistory(task_id);
    expect(history.at(-1)).toMatchObject({ to: 'completed' });
    const explained = await client.explainTask(task_id);
    expect(explained.decisions).toMatchObject([{ attempt: 1, agent_id: agent.agent_id, scored: 1 }]);
    expect(explained.waiting).toBeUndefined();
    expect(await own.ackInbox(agent.agent_id, [entry_id])).toBe(0);
  });

  test('is waited for across a restart of the gateway', async () => {
    const { task_id } = await client.submitTask({ title: 'Long', required_skills: ['client-nobody'] });
    const waiting = client.waitForTask(task_id);
    const openWaits = async () => {
      const response = await fetch(`${platform.gatewayUrl}/metrics`);
      return /gateway_open_waits\{[^}]*\} 1/.test(await response.text());
    };
    await eventually(openWaits);
    await platform.kill9('gateway');
    await platform.restart('gateway');
    await client.cancelTask(task_id, { reason: 'the gateway is back' });
    expect(await waiting).toMatchObject({ status: 'cancelled' });
  });

  test('is followed change by change', async () => {
    const { agent, own } = await joinAgent('client-follow');
    const tasks = new TaskOrchestrator(client);
    const { skills, role } = await tasks.analyzeTask({ title: 'Implement it in Go' });
    expect([skills.map(({ name }) => name), role?.name]).toEqual([['go'], 'developer']);
    const { task_id } = await tasks.assignTask(
      { title: 'Step by step', required_skills: ['client-follow'] },
      agent.agent_id,
    );
    const seen: string[] = [];
    for await (const task of tasks.monitorProgress(task_id)) {
      seen.push(task.progress ? `${task.status} ${task.progress.percent}` : task.status);
      if (seen.length > 20) break;
      if (task.status === 'assigned') {
        const { epoch, lease } = await nextAssignment(own, agent.agent_id);
        await own.startTask(agent.agent_id, task_id, { epoch, lease });
        await eventually(async () => (await client.getTask(task_id)).status === 'running');
        await own.reportProgress(agent.agent_id, task_id, { epoch, lease, percent: 40 });
        await eventually(async () => (await client.getTask(task_id)).progress?.percent === 40);
        await own.failTask(agent.agent_id, task_id, { epoch, lease, message: 'no way', retryable: false });
      }
    }
    expect(seen.at(-1)).toMatch(/^failed/);
    expect(await client.retryTask(task_id)).toMatchObject({ task_id });
    expect(await client.cancelTask(task_id, { reason: 'enough' })).toMatchObject({ status: 'cancelled' });
    await expect(client.cancelTask(task_id)).rejects.toMatchObject({ code: 'TASK_ENDED', status: 409 });
  });

  test('is the same task under the same idempotency key', async () => {
    const spec = { title: 'Once', required_skills: ['client-nobody'] };
    const first = await client.submitTask(spec, { idempotencyKey: 'once-1' });
    const again = await client.submitTask(spec, { idempotencyKey: 'once-1' });
    expect(again.task_id).toBe(first.task_id);
    const other = client.submitTask({ ...spec, title: 'Twice' }, { idempotencyKey: 'once-1' });
    await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
    await eventually(async () => (await client.getTask(first.task_id)).status === 'ready');
    expect(await client.waitForTask(first.task_id, { timeoutS: 0.1 })).toMatchObject({ status: 'ready' });
  });

  test('comes in batches and is listed page by page', async () => {
    const labels = { batch: 'client' };
    const tasks = Array.from({ length: 250 }, (_, n) => ({
      title: `Task ${n}`,
      required_skills: ['client-nobody'],
      labels,
    }));
    const { accepted, results } = await client.submitTasks([...tasks, { title: '' }]);
    expect(accepted).toBe(250);
    expect(results[250]).toMatchObject({ index: 250, error: { code: 'VALIDATION' } });
    await eventually(async () => {
      const listed: string[] = [];
      for await (const { task_id } of client.listTasks({ label: 'batch=client', status: 'ready' })) {
        listed.push(task_id);
      }
      expect(new Set(listed).size).toBe(250);
    });
    await expect(client.getTask('task-0-00000000000070008000000000000000')).rejects.toBeInstanceOf(
      NovaApiError,
    );
  });
});

describe('agents', () => {
  test('are registered, found and taken out', async () => {
    const registry = new AgentRegistry(client);
    const { agent } = await registry.registerAgent({ role: 'qa', skills: ['client-registry'] });
    await registry.heartbeat(agent.agent_id);
    const available = await registry.findAvailableAgents({ role: 'qa', skills: ['client-registry'] });
    expect(available.map(({ agent_id }) => agent_id)).toEqual([agent.agent_id]);
    expect(await client.getAgent(agent.agent_id)).toMatchObject({ role: 'qa', status: 'idle' });
    await registry.deregisterAgent(agent.agent_id, 'done');
    expect(await registry.findAvailableAgents({ skills: ['client-registry'] })).toEqual([]);
  });

  test('find their peers and talk to them', async () => {
    const ada = await joinAgent('client-talk');
    const ben = await joinAgent('client-talk');
    const peers = new CollaborationManager(ada.own, ada.agent.agent_id);
    const found = await peers.discoverPeers({ skills: ['client-talk'] });
    expect(found.map(({ agent_id }) => agent_id)).toEqual([ben.agent.agent_id]);

    const asking = new NovaOrchestrator(ada.own, ada.agent.agent_id);
    const answering = new NovaOrchestrator(ben.own, ben.agent.agent_id);
    const heard: unknown[] = [];
    expect(() => new NovaOrchestrator(client).onMessage(() => undefined)).toThrow('needs the id');
    await expect(asking.request(ben.agent.agent_id, 'too early')).rejects.toThrow('onMessage');
    const first = asking.onMessage(() => undefined);
    expect(() => asking.onMessage(() => undefined)).toThrow('listens already');
    const second = answering.onMessage(({ body, from, isRequest }) => {
      heard.push({ body, from, isRequest });
      return isRequest ? { double: (body as { number: number }).number * 2 } : undefined;
    });
    expect(await asking.request(ben.agent.agent_id, { number: 21 })).toEqual({ double: 42 });
    const sent = await asking.sendMessage(ben.agent.agent_id, 'thank you');
    await eventually(async () => {
      const { recipients } = await client.getMessage(sent.message_id);
      expect(recipients).toMatchObject([{ agent_id: ben.agent.agent_id, state: 'delivered' }]);
    });
    expect(heard).toEqual([
      { body: { number: 21 }, from: ada.agent.agent_id, isRequest: true },
      { body: 'thank you', from: ada.agent.agent_id, isRequest: false },
    ]);
    await second.stop();
    await expect(asking.request(ben.agent.agent_id, 'anybody?', { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'DEADLINE',
    });
    await first.stop();
  });

  test('whose handler fails get the message again; one that is gone stops listening', async () => {
    const { agent, own } = await joinAgent('client-again');
    const orchestrator = new NovaOrchestrator(own, agent.agent_id);
    let tries = 0;
    const subscription = orchestrator.onMessage(() => {
      tries += 1;
      if (tries === 1) throw new Error('not now');
    });
    await new NovaOrchestrator(client).sendMessage(agent.agent_id, 'please');
    await eventually(() => tries === 2);
    await subscription.stop();
    await subscription.ended;
    const stranger = new NovaOrchestrator(client, 'agent-0-00000000000070008000000000000000');
    await expect(stranger.onMessage(() => undefined).ended).rejects.toMatchObject({ code: 'AGENT_UNKNOWN' });
  });
});

describe('the platform', () => {
  test('says who one is, and what its streams hold', async () => {
    expect(await client.me()).toMatchObject({ kind: 'admin', name: 'admin' });
    const names = (await client.listStreams()).map(({ name }) => name);
    expect(names).toContain('{nova.torch}.tasks.queue');
    const { apiUrl, adminKey } = await findLocal({ home: platform.home });
    expect([apiUrl, adminKey]).toEqual([undefined, platform.adminKey]);
  });

  test('starts agents from templates and ends them', async () => {
    const spawner = new AgentSpawner(client);
    expect(await spawner.canSpawnAgent('no-such')).toEqual({
      possible: false,
      reason: 'there is no template no-such',
    });
    const [template] = await client.listTemplates();
    const name = template?.name ?? '';
    expect(await spawner.canSpawnAgent(name)).toMatchObject({ possible: true });
    const spawn = await spawner.createAgent(name, { idempotencyKey: 'spawn-1' });
    expect((await spawner.createAgent(name, { idempotencyKey: 'spawn-1' })).spawn_id).toBe(spawn.spawn_id);
    const present = async () =>
      (await client.listSpawns()).find(({ spawn_id }) => spawn_id === spawn.spawn_id)?.state;
    await spawner.terminateAgent(spawn.agent_id, { reason: 'the test is over', force: true });
    await eventually(async () => ['stopped', 'failed'].includes((await present()) ?? ''), {
      timeoutMs: 20_000,
    });
  });
});
