// Collaboration under test: the real app on a broker of its own. The registry's side of the wire is spoken by the test
// itself: it keeps records, answers questions and writes the feed, as the contract says.
import {
  AgentFailedV1,
  AgentGetV1,
  type AgentId,
  AgentJoinedV1,
  AgentLeftV1,
  AgentPageV1,
  AgentReapedV1,
  type AgentRecord,
  AgentStateV1,
  codec,
  type Message,
  type MessageDefinition,
  MessageDeliveredV1,
  MessageGetV1,
  type MessageId,
  type MessageRecord,
  MessageSendV1,
  newAgentId,
  newMessage,
  newMessageId,
  RequestRefusedV1,
  streamKeys,
} from '@nova-torch/protocol';
import { type AssembledService, loadEnv, openServiceBase } from '@nova-torch/service-kit';
import {
  ack,
  asEntries,
  type Broker,
  createConsumer,
  createProducer,
  createRequester,
  type Delivered,
  leaseConsumerSlot,
  type Outcome,
  openBroker,
  replyOutgoing,
} from '@nova-torch/streams';
import { eventually, startTestBroker, type TestBroker } from '@nova-torch/testing';
import type { z } from 'zod';
import { buildApp } from '../../src/app.ts';
import { collaborationEnv } from '../../src/env.ts';
import { collaborationKeys } from '../../src/store/keys.ts';

export const streams = streamKeys(0);
export const keys = collaborationKeys(0);

/** Starts collaboration in this process. */
export async function startCollaboration(
  url: string,
  env: Record<string, string> = {},
): Promise<AssembledService> {
  const settings = loadEnv(collaborationEnv, {
    NOVA_BROKER_URL: url,
    NOVA_LOG_LEVEL: 'silent',
    NOVA_TRIM_EVERY_MS: '3600000',
    NOVA_TURN_MS: '300',
    NOVA_RELEASE_AGAIN_MS: '500',
    ...env,
  });
  const app = buildApp(await openServiceBase(settings, 'collaboration'));
  await app.start();
  return app;
}

/** Waits until it knows the fleet. */
export async function untilReady(app: AssembledService): Promise<void> {
  await eventually(async () => (await fetch(`${app.address()}/health/ready`)).status === 200, {
    timeoutMs: 20_000,
  });
}

/** A message as this test sends it. */
export function say<D extends MessageDefinition>(definition: D, payload: z.input<D['payload']>): Message {
  const fields = { sender: 'rig', target: 'collaboration', nowMs: Date.now() };
  const parsed = definition.payload.parse(payload) as z.infer<D['payload']>;
  return newMessage(definition, parsed, fields) as unknown as Message;
}

export const send = (to: string, body: unknown, from = 'tester', id = newMessageId(0, Date.now())): Message =>
  say(MessageSendV1, { message_id: id, from, to: to as AgentId, body });

/** Reads all messages of a stream. */
export async function readAll(broker: Broker, key: string): Promise<Message[]> {
  return asEntries(await broker.call('XRANGE', key, '-', '+')).map(({ fields }) => {
    const decoded = codec.decode(fields.m ?? '');
    if (!decoded.ok) throw new Error(decoded.error);
    return decoded.message;
  });
}

/** The registry's side of the wire. */
export interface SpokenRegistry {
  join(role?: string): Promise<AgentId>;
  /** As `join`, but nobody is told: only who asks learns of it. */
  joinUnheard(role?: string): Promise<AgentId>;
  fail(agentId: AgentId): Promise<void>;
  leave(agentId: AgentId): Promise<void>;
  reap(agentId: AgentId): Promise<void>;
  /** Agents whose release has arrived, one entry per message. */
  readonly released: AgentId[];
  stop(): Promise<void>;
}

export interface CollaborationRig {
  readonly server: TestBroker;
  readonly broker: Broker;
  readonly registry: SpokenRegistry;
  ask(message: Message, timeoutMs?: number): Promise<Message>;
  publish(...messages: Message[]): Promise<string[]>;
  /** Sends a message and returns its record; throws the code of a refusal. */
  sent(message: Message): Promise<MessageRecord>;
  get(id: MessageId): Promise<MessageRecord>;
  inbox(agentId: AgentId): Promise<Message[]>;
  take(agentId: AgentId, id: MessageId): Promise<void>;
  stop(): Promise<void>;
}

const isWithoutRecipient = (answer: Message): boolean =>
  answer.type === 'request.refused.v1' && answer.payload.code === 'NO_RECIPIENT';

/** Starts a broker, speaks for the registry on it, and connects as somebody who sends messages. */
export async function startRig(): Promise<CollaborationRig> {
  const server = await startTestBroker();
  const broker = await openBroker({ url: server.url, name: 'rig' });
  const registry = await speakForRegistry(broker);
  const requester = createRequester({ broker, codec, tag: streams.tag, instance: 'rig' });
  await requester.start();
  const producer = createProducer(broker, codec);
  const ask = (message: Message, timeoutMs = 20_000): Promise<Message> =>
    requester.request(streams.collaborationPeer, message, { timeoutMs });
  const stateOf = (answer: Message): MessageRecord => {
    if (answer.type !== 'message.state.v1') throw new Error(JSON.stringify(answer.payload));
    return answer.payload.message;
  };
  const publish = (...messages: Message[]): Promise<string[]> =>
    producer.publishAll(messages.map((message) => ({ stream: streams.collaborationPeer, message })));
  return {
    server,
    broker,
    registry,
    ask,
    publish,
    async sent(message) {
      // An agent that joined a moment ago may not have been heard of yet.
      const answer = await eventually(async () => {
        const said = await ask(message);
        return isWithoutRecipient(said) ? false : said;
      });
      return stateOf(answer);
    },
    get: async (id) => stateOf(await ask(say(MessageGetV1, { message_id: id }))),
    inbox: (agentId) => readAll(broker, streams.agentInbox(agentId)),
    async take(agentId, id) {
      await publish(say(MessageDeliveredV1, { message_id: id, agent_id: agentId, at_ms: Date.now() }));
    },
    async stop() {
      await requester.stop();
      await registry.stop();
      await broker.close();
      await server.stop();
    },
  };
}

/** Speaks for the registry on a broker. */
export async function speakForRegistry(broker: Broker): Promise<SpokenRegistry> {
  const agents = new Map<AgentId, AgentRecord>();
  const released: AgentId[] = [];
  const stop = await answerForRegistry(broker, agents, released);
  const producer = createProducer(broker, codec);
  const tell = async (message: Message): Promise<string> => producer.publish(streams.registryEvents, message);
  const restate = (agentId: AgentId, status: AgentRecord['status']): AgentRecord => {
    const known = agents.get(agentId);
    if (known === undefined) throw new Error(`no ${agentId}`);
    const record = { ...known, status, version: known.version + 1 };
    agents.set(agentId, record);
    return record;
  };
  const joinUnheard = async (role = 'developer'): Promise<AgentId> => {
    const agentId = newAgentId(0, Date.now());
    agents.set(agentId, recordOf(agentId, role));
    await broker.call('XGROUP', 'CREATE', streams.agentInbox(agentId), 'inbox', '0', 'MKSTREAM');
    return agentId;
  };

  return {
    released,
    joinUnheard,
    async join(role) {
      const agentId = await joinUnheard(role);
      await tell(say(AgentJoinedV1, { agent: restate(agentId, 'idle') }));
      return agentId;
    },
    async fail(agentId) {
      const { version } = restate(agentId, 'failed');
      const payload = { agent_id: agentId, version, at_ms: Date.now(), reason: 'silent', certain: true };
      await tell(say(AgentFailedV1, payload));
    },
    async leave(agentId) {
      const { version } = restate(agentId, 'offline');
      await tell(say(AgentLeftV1, { agent_id: agentId, version, at_ms: Date.now(), reason: 'done' }));
    },
    async reap(agentId) {
      agents.delete(agentId);
      await broker.call('DEL', streams.agentInbox(agentId));
      await tell(say(AgentReapedV1, { agent_id: agentId, at_ms: Date.now() }));
    },
    stop,
  };
}

/** Answers what is asked of the registry; returns what ends it. */
async function answerForRegistry(
  broker: Broker,
  agents: ReadonlyMap<AgentId, AgentRecord>,
  released: AgentId[],
): Promise<() => Promise<void>> {
  const answer = async (request: Delivered<Message>): Promise<Outcome> => {
    const { message } = request;
    if (message.type === 'agent.released.v1') {
      released.push(message.payload.agent_id);
      return ack();
    }
    if (message.type === 'agent.list.v1') {
      const [newest] = asEntries(
        await broker.call('XREVRANGE', streams.registryEvents, '+', '-', 'COUNT', 1),
      );
      const sorted = [...agents.values()].sort((a, b) => (a.agent_id < b.agent_id ? -1 : 1));
      const page = sorted.filter(({ agent_id }) => agent_id > (message.payload.cursor ?? '')).slice(0, 100);
      const next = page.length === 100 ? page.at(-1)?.agent_id : undefined;
      const payload = { agents: page, next_cursor: next, feed_id: newest?.id ?? '0-0' };
      return ack([replyOutgoing(request, say(AgentPageV1, payload))]);
    }
    const id = message.type === AgentGetV1.type ? message.payload.agent_id : undefined;
    const found = id && agents.get(id);
    const refusal = say(RequestRefusedV1, { code: 'AGENT_UNKNOWN', detail: `no ${id}` });
    return ack([replyOutgoing(request, found ? say(AgentStateV1, { agent: found }) : refusal)]);
  };
  const slot = await leaseConsumerSlot(broker, {
    ...{ tag: streams.tag, group: 'registry', service: 'registry', instance: 'rig' },
  });
  const consumer = createConsumer<Message>({
    ...{ broker, codec, group: 'registry', consumer: slot },
    streams: [{ key: streams.registry, kind: 'work', groups: ['registry'] }],
    handlers: { batch: async (batch) => Promise.all(batch.map(answer)) },
  });
  await consumer.start();
  return async () => {
    await consumer.stop();
    await slot.stop();
  };
}

function recordOf(agentId: AgentId, role: string): AgentRecord {
  return {
    ...{
      agent_id: agentId,
      role,
      skills: [],
      status: 'idle',
      capacity: 1,
      last_heartbeat: 1,
      current_tasks: [],
    },
    ...{ host: 'h', transport: 'streams', pool: 'default', labels: {}, registered_at: 1, version: 1 },
    performance: { tasks_completed: 0, success_rate: 1, avg_completion_time: 0 },
  };
}
