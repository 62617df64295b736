// Both services as real processes: an agent joins, gets messages, dies; what it held is settled and it is reaped.
import {
  AgentDeregisterV1,
  AgentGetV1,
  type AgentId,
  AgentRegisterV1,
  AgentReleasedV1,
  AgentSignV1,
  codec,
  type Message,
  MessageGetV1,
} from '@nova-torch/protocol';
import {
  type Broker,
  createProducer,
  createRequester,
  openBroker,
  type Requester,
} from '@nova-torch/streams';
import { eventually, type Platform, startPlatform } from '@nova-torch/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { keys, readAll, say, send, streams } from './support/collaboration-rig.ts';

let platform: Platform;
let broker: Broker;
let requester: Requester<Message>;

// Starting a process takes long on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

beforeAll(async () => {
  platform = await startPlatform({
    services: ['registry', 'collaboration', 'collaboration#2'],
    // The agents here send no heartbeats, and live however long the test takes.
    env: { NOVA_HEARTBEAT_MS: '600000' },
    envOf: {
      collaboration: { NOVA_INSTANCE: 'first' },
      'collaboration#2': { NOVA_INSTANCE: 'second' },
    },
  });
  broker = await openBroker({ url: platform.brokerUrl, name: 'test' });
  requester = createRequester({ broker, codec, tag: streams.tag, instance: 'test', timeoutMs: 20_000 });
  await requester.start();
});
afterAll(async () => {
  await requester?.stop();
  await broker?.close();
  await platform?.stop();
});

async function register(agentId?: AgentId): Promise<AgentId> {
  const registration = { role: 'developer', ...(agentId && { agent_id: agentId }) };
  const answer = await requester.request(streams.registry, say(AgentRegisterV1, { registration }));
  if (answer.type !== 'agent.registered.v1') throw new Error(JSON.stringify(answer));
  return answer.payload.agent.agent_id;
}
const tell = (message: Message): Promise<string> =>
  createProducer(broker, codec).publish(streams.registry, message);
const askPeer = (message: Message): Promise<Message> => requester.request(streams.collaborationPeer, message);

it('settles the messages of an agent that died, and the registry reaps it', async () => {
  const [agent, other] = [await register(), await register()];
  const recipients: string[] = [];
  // Agents that joined a moment ago may not have been heard of yet.
  const message_id = await eventually(async () => {
    const sent = await askPeer(send('role:developer', 'hello'));
    if (sent.type !== 'message.state.v1') return false;
    const { message } = sent.payload;
    recipients.push(...message.recipients.map(({ agent_id }) => agent_id));
    return message.counts?.queued === 2 && message.message_id;
  });
  const queuedTo = (id: string): number => recipients.filter((one) => one === id).length;

  await tell(say(AgentSignV1, { agent_id: agent, sign: 'exited', detail: 'exit code 1' }));
  await eventually(async () => {
    const state = await askPeer(say(MessageGetV1, { message_id }));
    return state.type === 'message.state.v1' && state.payload.message.counts?.undeliverable === 1;
  });
  await tell(say(AgentReleasedV1, { agent_id: agent, by: 'task-router' }));
  await eventually(async () => {
    const answer = await requester.request(streams.registry, say(AgentGetV1, { agent_id: agent }));
    return answer.type === 'request.refused.v1';
  });
  expect(await broker.call('EXISTS', streams.agentInbox(agent), keys.queued(agent))).toBe(0);
  await eventually(async () => (await broker.call('XLEN', keys.deadLetters)) === queuedTo(agent));
  expect(await readAll(broker, streams.agentInbox(other))).toHaveLength(queuedTo(other));
});

it('goes on with the other replica when the one at work is killed: nothing is lost, doubled or out of order', async () => {
  const agent = await register();
  const atWork = (await broker.call('GET', keys.active)) === 'first' ? 'collaboration' : 'collaboration#2';
  const before = Array.from({ length: 400 }, (_, n) => send(agent, n));
  const producer = createProducer(broker, codec);
  await producer.publishAll(before.map((message) => ({ stream: streams.collaborationPeer, message })));
  await platform.kill9(atWork);
  const after = Array.from({ length: 50 }, (_, n) => send(agent, 400 + n));
  await producer.publishAll(after.map((message) => ({ stream: streams.collaborationPeer, message })));
  await eventually(async () => (await broker.call('XLEN', streams.agentInbox(agent))) === 450, {
    timeoutMs: 20_000,
  });
  const bodies = (await readAll(broker, streams.agentInbox(agent))).map((message) =>
    message.type === 'message.posted.v1' ? message.payload.body : undefined,
  );
  expect(bodies).toEqual(Array.from({ length: 450 }, (_, n) => n));
  await platform.restart(atWork);
  await requester.request(streams.registry, say(AgentDeregisterV1, { agent_id: agent, reason: 'done' }));
  await eventually(async () => (await broker.call('EXISTS', keys.queued(agent))) === 0);
});
