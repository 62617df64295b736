import {
  type AgentId,
  AttemptFailedV1,
  codec,
  type Message,
  newTaskId,
  TaskCompletedV1,
  TaskFailedV1,
  type TaskId,
} from '@nova-torch/protocol';
import type { AssembledService } from '@nova-torch/service-kit';
import { createProducer } from '@nova-torch/streams';
import { eventually } from '@nova-torch/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RegistryRig, say, startRegistry, startRig, streams } from './support/registry-rig.ts';

let rig: RegistryRig;
let registries: AssembledService[];

beforeAll(async () => {
  rig = await startRig();
  const env = { NOVA_HEARTBEAT_MS: '60000' };
  registries = [await startRegistry(rig.server.url, env), await startRegistry(rig.server.url, env)];
});
afterAll(async () => {
  await Promise.all(registries.map((registry) => registry.stop()));
  await rig.stop();
});

const ended = (agent: AgentId | undefined, task: TaskId, epoch: number) => ({
  task_id: task,
  task_type: 'coding',
  agent_id: agent,
  epoch,
  attempt: 1,
  submitted_at_ms: 1_000,
  started_at_ms: 2_000,
  ended_at_ms: 5_000,
});
const completed = (agent: AgentId | undefined, task = newTaskId(0, Date.now()), epoch = 1): Message =>
  say(TaskCompletedV1, { tasks: [ended(agent, task, epoch)] });
const failed = (
  agent: AgentId | undefined,
  status: 'failed' | 'cancelled' | 'expired' = 'failed',
  task = newTaskId(0, Date.now()),
): Message =>
  say(TaskFailedV1, { ...ended(agent, task, 1), status, error: { code: 'AGENT_REPORTED', message: 'no' } });
const attemptFailed = (agent: AgentId, task = newTaskId(0, Date.now()), epoch = 1): Message =>
  say(AttemptFailedV1, {
    ...{ task_id: task, task_type: 'coding', agent_id: agent, epoch, attempt: 1, at_ms: 3_000 },
    error: { code: 'TIMEOUT', message: 'late' },
  });

async function settled(): Promise<void> {
  for (const stream of [streams.tasksCompleted, streams.tasksFailed]) {
    await eventually(
      async () => {
        const groups = (await rig.broker.call('XINFO', 'GROUPS', stream)) as (string | number)[][];
        const facts = groups[0] ?? [];
        const [newest] = (await rig.broker.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)) as [string][];
        const taken = facts[facts.indexOf('last-delivered-id') + 1];
        // What has been acknowledged may have been trimmed.
        return facts[facts.indexOf('pending') + 1] === 0 && (newest === undefined || taken === newest[0]);
      },
      { timeoutMs: 15_000 },
    );
  }
}

it('counts every ended attempt once, however often it is reported, on two registries at once', async () => {
  const agents = await Promise.all([rig.register(), rig.register()]);
  const [a, b] = agents.map(({ agent_id }) => agent_id);
  if (a === undefined || b === undefined) return;
  const tasks = Array.from({ length: 300 }, () => newTaskId(0, Date.now()));
  const messages = tasks.flatMap((task, n) => {
    const agent = n % 3 === 0 ? b : a;
    return [
      { stream: streams.tasksFailed, message: attemptFailed(agent, task, 1) },
      { stream: streams.tasksCompleted, message: completed(agent, task, 2) },
    ];
  });
  const others = [
    { stream: streams.tasksFailed, message: failed(a) },
    { stream: streams.tasksFailed, message: failed(a, 'cancelled') },
    { stream: streams.tasksFailed, message: failed(a, 'expired') },
    { stream: streams.tasksFailed, message: failed(undefined) },
    { stream: streams.tasksCompleted, message: completed(undefined) },
  ];
  const producer = createProducer(rig.broker, codec);
  // All of it twice, as after a redelivery.
  await producer.publishAll([...messages, ...others]);
  await producer.publishAll([...messages, ...others]);
  await settled();
  const [first, second] = [await rig.get(a), await rig.get(b)];
  expect(first?.performance).toEqual({
    tasks_completed: 200,
    success_rate: 200 / 401,
    avg_completion_time: 3,
  });
  expect(second?.performance).toEqual({ tasks_completed: 100, success_rate: 0.5, avg_completion_time: 3 });
  const last = (await rig.events(a)).at(-1);
  expect(last).toMatchObject({
    type: 'agent.updated.v1',
    payload: { agent: { performance: first?.performance } },
  });
  expect(last?.type === 'agent.updated.v1' && last.payload.agent.version).toBe(first?.version);
});

it('keeps a bounded memory of what it counted, and none for an agent it does not know', async () => {
  const { agent_id: agent } = await rig.register();
  const producer = createProducer(rig.broker, codec);
  const messages = Array.from({ length: 1_100 }, () => ({
    stream: streams.tasksCompleted,
    message: completed(agent),
  }));
  await producer.publishAll(messages);
  await settled();
  expect((await rig.get(agent))?.performance.tasks_completed).toBe(1_100);
  expect(await rig.broker.call('ZCARD', `{nova.torch}:registry:counted:${agent}`)).toBe(1_000);
});

it('puts what does not belong on the stream to the dead letters', async () => {
  const { agent_id: agent } = await rig.register();
  await createProducer(rig.broker, codec).publish(
    streams.tasksCompleted,
    say(TaskFailedV1, {
      ...ended(agent, newTaskId(0, 1), 1),
      status: 'failed',
      error: { code: 'X', message: '' },
    }),
  );
  await rig.broker.call('XADD', streams.tasksCompleted, '*', 'm', 'no json');
  await eventually(async () => (await rig.broker.call('XLEN', `${streams.tasksCompleted}.dlq`)) === 1);
});
