import { setTimeout as pause } from 'node:timers/promises';
import { type AgentId, codec, type Message } from '@nova-torch/protocol';
import type { AssembledService } from '@nova-torch/service-kit';
import { createConsumer, createProducer, leaseConsumerSlot, openBroker } from '@nova-torch/streams';
import { eventually } from '@nova-torch/testing';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { registryKeys } from '../src/store/keys.ts';
import {
  type RegistryRig,
  released,
  sign,
  startRegistry,
  startRig,
  streams,
  types,
} from './support/registry-rig.ts';

let rig: RegistryRig;
const running: AssembledService[] = [];
const keys = registryKeys(0);

async function start(env: Record<string, string> = {}): Promise<AssembledService> {
  const registry = await startRegistry(rig.server.url, env);
  running.push(registry);
  return registry;
}
const statusOf = async (agentId: AgentId): Promise<string> => {
  const record = (await rig.broker.call('HGET', keys.agent(agentId), 'record')) as string | null;
  return record === null ? 'reaped' : (JSON.parse(record) as { status: string }).status;
};

beforeAll(async () => {
  rig = await startRig();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((registry) => registry.stop()));
  await rig.server.flush();
});
afterAll(async () => {
  await rig.stop();
});

/** Since when (server ms) heartbeats have been listened to without a break. */
const floorMs = async (): Promise<number> =>
  Number(await rig.broker.call('HGET', keys.attendance, 'floor_ms'));
/** When (server ms) an agent was said to be suspect or failed, in the order of the feed. */
const saidMs = async (agentId: AgentId, type: 'agent.suspect.v1' | 'agent.failed.v1'): Promise<number[]> =>
  (await rig.events(agentId)).flatMap((event) => (event.type === type ? [event.payload.at_ms] : []));

it('gives the fleet a full window after the registry was away, and judges only then', async () => {
  // Suspect after 1,000 ms: none is before the first registry has stopped.
  const env = { NOVA_HEARTBEAT_MS: '500' };
  const first = await start(env);
  const agents = await Promise.all(Array.from({ length: 20 }, () => rig.register()));
  await first.stop();
  // Longer than the whole window of 1,500 ms: without a grace all would be taken for dead at once.
  await pause(1_700);
  // Two clocks follow that of the broker here; a few ms lie between them.
  const backMs = Math.floor(rig.broker.serverNowMs()) - 5;
  await start(env);
  await eventually(async () => {
    const statuses = await Promise.all(agents.map(({ agent_id }) => statusOf(agent_id)));
    return statuses.every((status) => status === 'failed');
  });
  expect(await floorMs()).toBeGreaterThanOrEqual(backMs);
  for (const { agent_id } of agents) {
    const [suspected, failed] = [
      await saidMs(agent_id, 'agent.suspect.v1'),
      await saidMs(agent_id, 'agent.failed.v1'),
    ];
    expect([suspected.length, failed.length]).toEqual([1, 1]);
    expect(suspected[0]).toBeGreaterThanOrEqual(backMs + 1_000);
    expect(failed[0]).toBeGreaterThanOrEqual(backMs + 1_500);
  }
});

it('judges as of what it has read: heartbeats that wait in the stream are no silence', async () => {
  const env = { NOVA_HEARTBEAT_MS: '1000' };
  const first = await start(env);
  const agent = await rig.register();
  await first.stop();
  // The agent goes on for longer than the window while nobody reads.
  const sinceMs = rig.broker.serverNowMs();
  while (rig.broker.serverNowMs() - sinceMs < 3_200) {
    await rig.heartbeat(agent.agent_id);
    await pause(200);
  }
  await start(env);
  await rig.heartbeat(agent.agent_id);
  expect((await rig.get(agent.agent_id))?.status).toBe('idle');
  expect(types(await rig.events())).toEqual(['agent.joined.v1']);
});

it('gives a full window after the broker was away', async () => {
  await start({ NOVA_HEARTBEAT_MS: '400' });
  const agent = await rig.register();
  const pausedMs = rig.broker.serverNowMs();
  await rig.server.pause();
  // Longer than the window of 1,200 ms.
  await pause(1_400);
  const resumedMs = Math.floor(rig.broker.serverNowMs()) - 5;
  await rig.server.resume();
  await eventually(async () => (await statusOf(agent.agent_id)) === 'failed');
  expect(await floorMs()).toBeGreaterThan(pausedMs + 1_300);
  expect((await saidMs(agent.agent_id, 'agent.failed.v1'))[0]).toBeGreaterThanOrEqual(resumedMs + 1_200);
});

it('does everything once with several registries at work', async () => {
  const env = { NOVA_HEARTBEAT_MS: '1000' };
  await Promise.all([start(env), start(env), start(env)]);
  const agents = await Promise.all(Array.from({ length: 30 }, () => rig.register()));
  await Promise.all(
    agents
      .slice(0, 10)
      .flatMap(({ agent_id }) => [rig.send(sign(agent_id, 'exited')), rig.send(sign(agent_id, 'exited'))]),
  );
  await eventually(
    async () => {
      const statuses = await Promise.all(agents.map(({ agent_id }) => statusOf(agent_id)));
      return statuses.every((status) => status === 'failed');
    },
    { timeoutMs: 15_000 },
  );
  for (const [index, { agent_id }] of agents.entries()) {
    const told = types(await rig.events(agent_id)).filter((type) => type === 'agent.failed.v1');
    expect(told, `agent ${index}`).toHaveLength(1);
  }
  await Promise.all(
    agents.flatMap(({ agent_id }) => [
      rig.send(released(agent_id, 'collaboration')),
      rig.send(released(agent_id, 'task-router')),
      rig.send(released(agent_id, 'task-router')),
    ]),
  );
  await eventually(async () => (await rig.broker.call('ZCARD', keys.index)) === 0);
  const events = await rig.events();
  expect(events.filter(({ type }) => type === 'agent.reaped.v1')).toHaveLength(30);
  const versions = new Map<string, number>();
  for (const event of events) {
    if (!('version' in event.payload)) continue;
    expect(event.payload.version).toBeGreaterThan(versions.get(event.payload.agent_id) ?? 0);
    versions.set(event.payload.agent_id, event.payload.version);
  }
  expect(await rig.broker.call('KEYS', '*agent-0-*')).toEqual([]);
});

it('finishes what a registry that died had taken and not acknowledged', async () => {
  // No agent falls silent: each fails once, by its sign.
  const env = { NOVA_HEARTBEAT_MS: '60000' };
  await start(env);
  const agents = await Promise.all(Array.from({ length: 5 }, () => rig.register()));
  await Promise.all(running.splice(0).map((registry) => registry.stop()));
  // A consumer of the group takes the messages and dies before it acknowledges any.
  const doomed = await openBroker({ url: rig.server.url, name: 'doomed' });
  const slot = await leaseConsumerSlot(doomed, {
    ...{ tag: streams.tag, group: 'registry', service: 'registry', instance: 'doomed' },
    ttlMs: 300,
  });
  const taken = Promise.withResolvers<void>();
  const consumer = createConsumer<Message>({
    ...{ broker: doomed, codec, group: 'registry', consumer: slot },
    streams: [{ key: streams.registry, kind: 'work', groups: ['registry'] }],
    handlers: {
      batch: async () => {
        taken.resolve();
        return new Promise(() => undefined);
      },
    },
  });
  await consumer.start();
  const producer = createProducer(rig.broker, codec);
  await producer.publishAll(
    agents.map(({ agent_id }) => ({ stream: streams.registry, message: sign(agent_id, 'exited') })),
  );
  await taken.promise;
  await doomed.close();
  await start(env);
  await eventually(
    async () => {
      const statuses = await Promise.all(agents.map(({ agent_id }) => statusOf(agent_id)));
      return statuses.every((status) => status === 'failed');
    },
    { timeoutMs: 15_000 },
  );
  const failed = (await rig.events()).filter(({ type }) => type === 'agent.failed.v1');
  expect(failed).toHaveLength(5);
});
