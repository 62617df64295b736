// A spawner in this process, on a real broker with the real registry, and what a test asks it and sees of it.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AgentDemand,
  type AgentId,
  AgentSpawnV1,
  AgentTemplate,
  AgentTerminateV1,
  codec,
  type Message,
  type MessageDefinition,
  type MessageOfType,
  type MessageType,
  newMessage,
  newSpawnId,
  type SpawnId,
  SpawnListV1,
  type SpawnRecord,
  streamKeys,
  TemplateListV1,
} from '@nova-torch/protocol';
import { type AssembledService, loadEnv, openServiceBase } from '@nova-torch/service-kit';
import {
  asEntries,
  type Broker,
  createProducer,
  createRequester,
  openBroker,
  type Requester,
} from '@nova-torch/streams';
import { eventually, type Platform, type PlatformOptions, startPlatform } from '@nova-torch/testing';
import type { z } from 'zod';
import { buildApp } from '../../src/app.ts';
import { handedOn, spawnerEnv } from '../../src/env.ts';
import { takeHome } from '../../src/home/spawner-home.ts';
import { createMarkedProcesses } from '../../src/runtime/marked-processes.ts';
import { spawnerKeys } from '../../src/store/keys.ts';
import { createSpawnStore, type SpawnStore } from '../../src/store/spawn-store.ts';

export const HOST_ENTRY = join(import.meta.dirname, 'agent-host.ts');
const STREAMS = streamKeys(0);

/** A template that runs a shell script. */
export function shellTemplate(
  name: string,
  script: string,
  more: Partial<z.input<typeof AgentTemplate>> = {},
) {
  return AgentTemplate.parse({
    name,
    role: 'developer',
    command: ['bash', '-c', script],
    stop_grace_s: 5,
    ...more,
  });
}

export interface SpawnerRig {
  readonly platform: Platform;
  readonly broker: Broker;
  readonly store: SpawnStore;
  /** Starts a spawner in this process, on a home of its own unless told. Stopped by `close`. */
  start(options?: RigSpawner): Promise<AssembledService>;
  spawn(template: string, spawnId?: SpawnId): Promise<Message>;
  spawned(template: string, spawnId?: SpawnId): Promise<SpawnRecord>;
  /** Asks for an agent by what it must be able to do. */
  demand(demand: AgentDemand, spawnId?: SpawnId): Promise<Message>;
  terminate(agentId: AgentId, force?: boolean): Promise<Message>;
  list(cursor?: string, limit?: number): Promise<Message>;
  templates(): Promise<Message>;
  tellRegistry(message: Message): Promise<unknown>;
  /** The record, when it is in one of these states. */
  until(spawnId: SpawnId, ...states: SpawnRecord['state'][]): Promise<SpawnRecord>;
  /** Messages of one type on a stream, oldest first. */
  seen<T extends MessageType>(stream: string, type: T): Promise<MessageOfType<T>[]>;
  living(spawnId: SpawnId): readonly number[];
  /** Living agent hosts of a spawn: there is never more than one. */
  hosts(spawnId: SpawnId): readonly number[];
  log(spawnId: SpawnId, home?: string): string;
  newHome(): string;
  close(): Promise<void>;
}

export interface RigSpawner {
  templates?: readonly AgentTemplate[];
  home?: string;
  env?: Record<string, string>;
}

/** Starts broker and registry. The registry hears no heartbeats from the test's hosts, and does not miss them. */
export async function startSpawnerRig(options: PlatformOptions = {}): Promise<SpawnerRig> {
  const platform = await startPlatform({
    services: ['registry'],
    ...options,
    env: { NOVA_HEARTBEAT_MS: '600000', NOVA_TRIM_EVERY_MS: '3600000', ...options.env },
  });
  const broker = await openBroker({ url: platform.brokerUrl, name: 'spawner-rig' });
  const requester = createRequester({ broker, codec, tag: STREAMS.tag, instance: 'rig', timeoutMs: 10_000 });
  await requester.start();
  return new Rig(platform, broker, requester);
}

class Rig implements SpawnerRig {
  readonly platform: Platform;
  readonly broker: Broker;
  readonly store: SpawnStore;
  readonly #requester: Requester<Message>;
  readonly #marked = createMarkedProcesses();
  readonly #apps: AssembledService[] = [];
  readonly #homes: string[] = [];
  #lastHome = '';

  constructor(platform: Platform, broker: Broker, requester: Requester<Message>) {
    this.platform = platform;
    this.broker = broker;
    this.#requester = requester;
    this.store = createSpawnStore({ broker, keys: spawnerKeys(0), streams: STREAMS, sender: 'rig' });
  }

  newHome(): string {
    const home = mkdtempSync(join(tmpdir(), 'nova-torch-spawner-'));
    this.#homes.push(home);
    return home;
  }

  async start({
    templates = [],
    home = this.newHome(),
    env: more = {},
  }: RigSpawner = {}): Promise<AssembledService> {
    this.#lastHome = home;
    const env = loadEnv(spawnerEnv, {
      NOVA_BROKER_URL: this.platform.brokerUrl,
      NOVA_HOME: home,
      NOVA_LOG_LEVEL: 'silent',
      NOVA_TRIM_EVERY_MS: '3600000',
      NOVA_CLI_ENTRY: HOST_ENTRY,
      SPAWNER_KILL_AFTER_MS: '300',
      ...more,
    });
    const parts = {
      home: takeHome(env),
      templates: new Map(templates.map((template) => [template.name, template])),
      handedOn: handedOn(process.env),
      cwd: process.cwd(),
    };
    const app = buildApp(await openServiceBase(env, 'spawner'), parts);
    this.#apps.push(app);
    await app.start();
    return app;
  }

  async #ask<D extends MessageDefinition>(stream: string, definition: D, payload: z.infer<D['payload']>) {
    const fields = { sender: 'rig', target: 'spawner', nowMs: this.broker.serverNowMs() };
    return this.#requester.request(stream, newMessage(definition, payload, fields) as unknown as Message);
  }

  spawn(template: string, spawnId: SpawnId = newSpawnId(0, Date.now())): Promise<Message> {
    return this.#ask(STREAMS.agentsSpawning, AgentSpawnV1, {
      spawn_id: spawnId,
      template,
      requested_by: 'test',
    });
  }

  demand(demand: AgentDemand, spawnId: SpawnId = newSpawnId(0, Date.now())): Promise<Message> {
    return this.#ask(STREAMS.agentsSpawning, AgentSpawnV1, {
      spawn_id: spawnId,
      demand,
      requested_by: 'test',
    });
  }

  async spawned(template: string, spawnId?: SpawnId): Promise<SpawnRecord> {
    const answer = await this.spawn(template, spawnId);
    if (answer.type !== 'spawn.state.v1')
      throw new Error(`${answer.type}: ${JSON.stringify(answer.payload)}`);
    return answer.payload.spawn;
  }

  terminate(agentId: AgentId, force = false): Promise<Message> {
    return this.#ask(STREAMS.agentsTerminating, AgentTerminateV1, {
      agent_id: agentId,
      reason: 'enough',
      force,
    });
  }

  list(cursor?: string, limit = 50): Promise<Message> {
    return this.#ask(
      STREAMS.agentsSpawning,
      SpawnListV1,
      cursor === undefined ? { limit } : { cursor, limit },
    );
  }

  templates(): Promise<Message> {
    return this.#ask(STREAMS.agentsSpawning, TemplateListV1, {});
  }

  tellRegistry(message: Message): Promise<unknown> {
    return createProducer(this.broker, codec).publish(STREAMS.registry, message);
  }

  async until(spawnId: SpawnId, ...states: SpawnRecord['state'][]): Promise<SpawnRecord> {
    let last: SpawnRecord | undefined;
    const what = () => `${spawnId} is ${states.join(' or ')}, not ${JSON.stringify(last)}`;
    try {
      return await eventually(
        async () => {
          last = (await this.store.get(spawnId))?.record;
          return last !== undefined && states.includes(last.state) && last;
        },
        { timeoutMs: 30_000 },
      );
    } catch {
      throw new Error(what());
    }
  }

  async seen<T extends MessageType>(stream: string, type: T): Promise<MessageOfType<T>[]> {
    const messages: MessageOfType<T>[] = [];
    for (const { fields } of asEntries(await this.broker.call('XRANGE', stream, '-', '+'))) {
      const decoded = codec.decode(fields.m ?? '');
      if (decoded.ok && decoded.message.type === type) messages.push(decoded.message as MessageOfType<T>);
    }
    return messages;
  }

  living(spawnId: SpawnId): readonly number[] {
    return (this.#marked.look().get(spawnId) ?? []).map(({ pid }) => pid);
  }

  hosts(spawnId: SpawnId): readonly number[] {
    return (this.#marked.look().get(spawnId) ?? []).filter(({ isHost }) => isHost).map(({ pid }) => pid);
  }

  log(spawnId: SpawnId, home: string = this.#lastHome): string {
    return readFileSync(join(home, 'logs/agents', `${spawnId}.log`), 'utf8');
  }

  async close(): Promise<void> {
    for (const app of this.#apps) await app.stop();
    for (const [spawnId, rows] of this.#marked.look()) {
      const ours = this.#homes.some((home) => existsSync(join(home, 'logs/agents', `${spawnId}.log`)));
      if (ours) for (const { pid } of rows) process.kill(pid, 'SIGKILL');
    }
    await this.#requester.stop();
    await this.broker.close();
    await this.platform.stop();
    for (const home of this.#homes) rmSync(home, { recursive: true, force: true });
  }
}
