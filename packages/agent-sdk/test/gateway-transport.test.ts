import { newTaskId } from '@nova-torch/protocol';
import { eventually, startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Agent, gatewayTransport, jsonLogger } from '../src/index.ts';
import { ADMIN_KEY, GatewayProcess } from './gateway-process.ts';
import { Platform } from './platform.ts';

let broker: TestBroker;
let platform: Platform;
let gateway: GatewayProcess;

beforeAll(async () => {
  broker = await startTestBroker({ appendonly: 'always' });
  platform = await Platform.open({ brokerUrl: broker.url });
  gateway = await GatewayProcess.start(broker.url);
});
afterAll(async () => {
  await gateway.stop();
  await platform.close();
  await broker.stop();
});

const connectWith = (credentials: { adminKey?: string; token?: string }) =>
  gatewayTransport({ apiUrl: gateway.apiUrl, ...credentials });

describe('an agent at the gateway', { timeout: 60_000 }, () => {
  it('is told at once what is wrong with its address or its keys', async () => {
    expect(() => gatewayTransport({ apiUrl: 'nowhere', adminKey: 'k' })).toThrow(/no URL/);
    expect(() => gatewayTransport({ apiUrl: gateway.apiUrl })).toThrow(/admin key or an agent token/);
    expect(() => connectWith({ token: 'no token' })).toThrow(/not one/);
    const agent = new Agent({ role: 'qa', connect: connectWith({ adminKey: 'the-wrong-admin-key' }) });
    agent.onTask(() => 'ok');
    await expect(agent.start()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(agent.state).toBe('stopped');
    await agent.closed;
  });

  it('needs only the token of an agent to be that agent', async () => {
    const transport = connectWith({ adminKey: ADMIN_KEY })({ logger: jsonLogger(() => {}, 'silent') });
    const agent_id = newTaskId(0, Date.now()).replace('task', 'agent') as never;
    await transport.register({ agent_id, role: 'qa' });
    const { token = '' } = transport.access(agent_id);
    await transport.close();
    const agent = new Agent({ role: 'qa', connect: connectWith({ token }) }).onTask((_task, context) => ({
      apiUrl: context.access.apiUrl,
      token: context.access.token,
    }));
    await agent.start();
    expect(agent.agentId).toBe(agent_id);
    const { task_id } = await platform.assign(agent_id);
    await eventually(async () => expect(await platform.reportedOf(task_id)).toEqual(['completed']));
    const report = (await platform.reports()).find(({ payload }) => payload.task_id === task_id);
    expect(report?.payload).toMatchObject({ result: { apiUrl: gateway.apiUrl, token } });
    await agent.stop();
  });

  it('goes on when the gateway restarts under load, and loses no report', async () => {
    const done: string[] = [];
    const agent = new Agent({ role: 'qa', capacity: 4, connect: connectWith({ adminKey: ADMIN_KEY }) });
    agent.onTask(async (task) => {
      await new Promise((resolve) => setTimeout(resolve, 80));
      done.push(task.task_id);
    });
    await agent.start();
    const agentId = agent.agentId ?? expect.unreachable();
    const tasks = await Promise.all(Array.from({ length: 20 }, () => platform.assign(agentId)));
    await eventually(() => expect(done.length).toBeGreaterThan(3));
    await gateway.stop();
    await gateway.start();
    for (const { task_id } of tasks) {
      await eventually(async () => expect(await platform.reportedOf(task_id)).toContain('completed'), {
        timeoutMs: 20_000,
      });
    }
    expect(done).toHaveLength(20);
    expect(agent.agentId).toBe(agentId);
    await agent.stop();
  });

  it('waits for a gateway that is not there yet', async () => {
    await gateway.stop();
    const lines: string[] = [];
    const agent = new Agent({
      role: 'qa',
      connect: connectWith({ adminKey: ADMIN_KEY }),
      logger: jsonLogger((line) => lines.push(line)),
    }).onTask(() => 'ok');
    const starting = agent.start();
    await eventually(() => expect(lines.join('')).toContain('not registered yet'));
    expect(agent.state).toBe('starting');
    await gateway.start();
    await starting;
    expect(agent.state).toBe('running');
    await agent.stop();
  });

  it('gets another token when the gateway does not take its own any more', async () => {
    const transport = connectWith({ adminKey: ADMIN_KEY })({ logger: jsonLogger(() => {}, 'silent') });
    const agentId = newTaskId(0, Date.now()).replace('task', 'agent') as never;
    const { agent } = await transport.register({ agent_id: agentId, role: 'qa' });
    await gateway.stop();
    await gateway.start('another-admin-key-for-tests');
    const beat = { agentId: agent.agent_id, currentTasks: [], draining: false };
    await expect(transport.heartbeat(beat)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await gateway.stop();
    await gateway.start();
    await transport.heartbeat(beat);
    await transport.close();
  });
});
