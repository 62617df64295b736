// The broker comes back with nothing: the services notice, the agents register anew, and every task that was accepted with
// `durability: journal` ends once.
import { Agent, gatewayTransport, streamsTransport } from '@nova-torch/agent-sdk';
import { NovaClient } from '@nova-torch/client';
import { SERVICES } from '@nova-torch/protocol';
import { eventually, type Platform, startPlatform } from '@nova-torch/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

let platform: Platform;
let client: NovaClient;
const agents: Agent[] = [];
/** What slow tasks wait for. */
let gate = Promise.withResolvers<void>();
const runs: string[] = [];

const newAgent = (connect: ConstructorParameters<typeof Agent>[0]['connect'], skill: string): Agent =>
  new Agent({ role: 'developer', skills: [skill], capacity: 4, connect }).onTask(async (task) => {
    if (task.inputs.slow === true) await gate.promise;
    runs.push(task.task_id);
    return { number: task.inputs.number };
  });

beforeAll(async () => {
  platform = await startPlatform({ env: { NOVA_HEARTBEAT_MS: '2000' } });
  const { gatewayUrl: baseUrl, adminKey: key, brokerUrl } = platform;
  client = new NovaClient({ baseUrl, key });
  agents.push(newAgent(streamsTransport({ brokerUrl }), 'streams'));
  agents.push(newAgent(gatewayTransport({ apiUrl: baseUrl, adminKey: key }), 'http'));
  for (const agent of agents) await agent.start();
});

afterAll(async () => {
  gate.resolve();
  await Promise.all(agents.map((agent) => agent.stop()));
  await platform.stop();
});

const submit = async (number: number, inputs: object = {}, dependencies: string[] = []): Promise<string> => {
  const skill = number % 2 === 0 ? 'streams' : 'http';
  const spec = { title: `task ${number}`, required_skills: [skill], max_retries: 10, dependencies };
  return (await client.submitTask({ ...spec, inputs: { number, ...inputs } })).task_id;
};

it('every accepted task ends once, with the results of those that had ended', {
  timeout: 90_000,
}, async () => {
  gate = Promise.withResolvers();
  const done = await submit(0);
  expect((await client.waitForTask(done, { timeoutS: 20 })).result).toEqual({ number: 0 });
  const slow: string[] = [];
  for (let number = 1; number <= 20; number += 1) slow.push(await submit(number, { slow: true }));
  const after = await submit(21, {}, [done, slow[0] ?? '']);
  await eventually(async () => (await client.getTask(slow[0] ?? '')).status === 'running');

  await platform.broker.kill9();
  await platform.broker.restart({ data: 'lose' });
  const backAt = performance.now();
  gate.resolve();

  // Submissions go on.
  const next = await eventually(() => submit(22));
  for (const taskId of [...slow, after, next]) {
    const task = await eventually(() => client.waitForTask(taskId, { timeoutS: 30 }), { timeoutMs: 60_000 });
    expect(task.status, `${taskId}: ${JSON.stringify(task.error)}`).toBe('completed');
  }
  const tookMs = performance.now() - backAt;
  expect((await client.getTask(done)).result).toEqual({ number: 0 });
  expect(runs.filter((taskId) => taskId === done)).toHaveLength(1);
  for (const service of SERVICES) {
    const noticed = platform.logs(service).filter(({ msg }) => msg?.includes('another broker'));
    expect(noticed, service).toHaveLength(1);
    expect(platform.logs(service).filter(({ level }) => Number(level) >= 60)).toEqual([]);
  }
  expect(tookMs).toBeLessThan(30_000);
});

it('the same when its data goes while every connection stays', { timeout: 90_000 }, async () => {
  gate = Promise.withResolvers();
  const done = await submit(100);
  await client.waitForTask(done, { timeoutS: 20 });
  const slow: string[] = [];
  for (let number = 101; number <= 110; number += 1) slow.push(await submit(number, { slow: true }));
  const forgotten = await client.submitTask({
    ...{ title: 'in memory', required_skills: ['streams'], inputs: { slow: true }, durability: 'memory' },
  });
  expect(forgotten.durability).toBe('memory');
  await eventually(async () => (await client.getTask(slow[0] ?? '')).status === 'running');
  await platform.broker.flush();
  gate.resolve();
  for (const taskId of slow) {
    const task = await eventually(() => client.waitForTask(taskId, { timeoutS: 30 }), { timeoutMs: 60_000 });
    expect(task.status).toBe('completed');
  }
  await eventually(async () => (await client.getTask(done)).status === 'completed');
  await expect(client.getTask(forgotten.task_id)).rejects.toMatchObject({ code: 'TASK_UNKNOWN' });
});
