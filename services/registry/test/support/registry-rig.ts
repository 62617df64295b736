// A registry under test: the real app on a broker of its own, and somebody who talks to it over streams.
import {
  AgentDeregisterV1,
  AgentGetV1,
  AgentHeartbeatV1,
  type AgentId,
  AgentListV1,
  type AgentRecord,
  AgentRegisterV1,
  type AgentRegistrationInput,
  AgentReleasedV1,
  AgentSignV1,
  codec,
  type Message,
  type MessageDefinition,
  newMessage,
  streamKeys,
  type TaskId,
} from '@nova-torch/protocol';
import { type AssembledService, loadEnv, openServiceBase } from '@nova-torch/service-kit';
import { asEntries, type Broker, createProducer, createRequester, openBroker } from '@nova-torch/streams';
import { startTestBroker, type TestBroker } from '@nova-torch/testing';
import type { z } from 'zod';
import { buildApp } from '../../src/app.ts';
import { registryEnv } from '../../src/env.ts';

export const streams = streamKeys(0);

/** Starts a registry in this process. Periods are short unless `env` says otherwise. */
export async function startRegistry(
  url: string,
  env: Record<string, string> = {},
): Promise<AssembledService> {
  const settings = loadEnv(registryEnv, {
    NOVA_BROKER_URL: url,
    NOVA_LOG_LEVEL: 'silent',
    NOVA_TRIM_EVERY_MS: '3600000',
    NOVA_HEARTBEAT_MS: '200',
    NOVA_CLOSED_WINDOW_MS: '100',
    ...env,
  });
  const app = buildApp(await openServiceBase(settings, 'registry'));
  await app.start();
  return app;
}

export interface RegistryRig {
  readonly server: TestBroker;
  readonly broker: Broker;
  ask(message: Message): Promise<Message>;
  send(message: Message): Promise<string>;
  register(registration?: Partial<AgentRegistrationInput>): Promise<AgentRecord>;
  get(agentId: AgentId): Promise<AgentRecord | undefined>;
  heartbeat(agentId: AgentId, tasks?: TaskId[], draining?: boolean): Promise<string>;
  events(agentId?: AgentId): Promise<Message[]>;
  inbox(agentId: AgentId): Promise<Message[]>;
  stop(): Promise<void>;
}

/** A message as this test sends it. */
export function say<D extends MessageDefinition>(definition: D, payload: z.input<D['payload']>): Message {
  const fields = { sender: 'rig', target: 'registry', nowMs: Date.now() };
  return newMessage(
    definition,
    definition.payload.parse(payload) as z.infer<D['payload']>,
    fields,
  ) as unknown as Message;
}

/** Starts a broker and connects to it. */
export async function startRig(): Promise<RegistryRig> {
  const server = await startTestBroker();
  const broker = await openBroker({ url: server.url, name: 'rig' });
  const producer = createProducer(broker, codec);
  const requester = createRequester({ broker, codec, tag: streams.tag, instance: 'rig', timeoutMs: 20_000 });
  await requester.start();
  const ask = (message: Message): Promise<Message> => requester.request(streams.registry, message);
  const send = (message: Message): Promise<string> => producer.publish(streams.registry, message);
  const read = async (key: string): Promise<Message[]> =>
    asEntries(await broker.call('XRANGE', key, '-', '+')).map(({ fields }) => {
      const decoded = codec.decode(fields.m ?? '');
      if (!decoded.ok) throw new Error(decoded.error);
      return decoded.message;
    });
  return {
    server,
    broker,
    ask,
    send,
    async register(registration = {}) {
      const answer = await ask(
        say(AgentRegisterV1, { registration: { role: 'developer', ...registration } }),
      );
      if (answer.type !== 'agent.registered.v1') throw new Error(JSON.stringify(answer));
      return answer.payload.agent;
    },
    async get(agentId) {
      const answer = await ask(say(AgentGetV1, { agent_id: agentId }));
      return answer.type === 'agent.state.v1' ? answer.payload.agent : undefined;
    },
    heartbeat: (agentId, tasks = [], draining = false) =>
      send(say(AgentHeartbeatV1, { agent_id: agentId, current_tasks: tasks, draining })),
    async events(agentId) {
      const all = await read(streams.registryEvents);
      return agentId === undefined ? all : all.filter((event) => agentOf(event) === agentId);
    },
    inbox: (agentId) => read(streams.agentInbox(agentId)),
    async stop() {
      await requester.stop();
      await broker.close();
      await server.stop();
    },
  };
}

function agentOf({ payload }: Message): string | undefined {
  if ('agent' in payload) return payload.agent.agent_id;
  return 'agent_id' in payload ? payload.agent_id : undefined;
}

export const deregister = (agentId: AgentId, reason = 'done'): Message =>
  say(AgentDeregisterV1, { agent_id: agentId, reason });
export const sign = (agentId: AgentId, kind: 'exited' | 'session_closed', detail = 'seen'): Message =>
  say(AgentSignV1, { agent_id: agentId, sign: kind, detail });
export const released = (agentId: AgentId, by: 'task-router' | 'collaboration'): Message =>
  say(AgentReleasedV1, { agent_id: agentId, by });
export const list = (question: z.input<typeof AgentListV1.payload> = {}): Message =>
  say(AgentListV1, question);
export const types = (messages: readonly Message[]): string[] => messages.map(({ type }) => type);
