// What tests of an agent share: a broker, a way to the platform, and the platform's side of the contract.
import type { AgentId, TaskId } from '@nova-torch/protocol';
import {
  eventually as becomes,
  type EventuallyOptions,
  startTestBroker,
  type TestBroker,
} from '@nova-torch/testing';
import { expect } from 'vitest';
import {
  Agent,
  type AgentOptions,
  type Connect,
  gatewayTransport,
  streamsTransport,
  type TaskHandler,
} from '../src/index.ts';
import { ADMIN_KEY, GatewayProcess } from './gateway-process.ts';
import { Platform } from './platform.ts';

/** A busy machine is slow, not wrong. */
export const eventually = <T>(
  probe: () => T | Promise<T>,
  options: EventuallyOptions = { timeoutMs: 20_000 },
): Promise<Exclude<T, false>> => becomes(probe, options);

export const aborted = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason)));

/** A way to the platform. */
interface Door {
  readonly connect: Connect;
  close(): Promise<void>;
}

const DOORS = {
  streams: async ({ url }: TestBroker): Promise<Door> => ({
    connect: streamsTransport({ brokerUrl: url }),
    close: async () => {},
  }),
  'the gateway': async ({ url }: TestBroker): Promise<Door> => {
    const gateway = await GatewayProcess.start(url);
    return {
      connect: gatewayTransport({ apiUrl: gateway.apiUrl, adminKey: ADMIN_KEY }),
      close: () => gateway.stop(),
    };
  },
};

export type Way = keyof typeof DOORS;
export const WAYS: readonly Way[] = ['streams', 'the gateway'];

export class World {
  readonly broker: TestBroker;
  readonly #door: Door;
  readonly #agents: Agent[] = [];
  #platform: Platform | undefined;

  private constructor(broker: TestBroker, door: Door) {
    this.broker = broker;
    this.#door = door;
  }

  static async open(way: Way): Promise<World> {
    const broker = await startTestBroker({ appendonly: 'always' });
    return new World(broker, await DOORS[way](broker));
  }

  get platform(): Platform {
    return this.#platform ?? expect.unreachable();
  }

  get connect(): Connect {
    return this.#door.connect;
  }

  /** A new platform's side, for one test. */
  async begin(): Promise<void> {
    this.#platform = await Platform.open({ brokerUrl: this.broker.url });
    await this.#platform.forgetReports();
  }

  async end(): Promise<void> {
    await Promise.all(this.#agents.splice(0).map((agent) => agent.stop()));
    await this.#platform?.close();
  }

  async close(): Promise<void> {
    await this.#door.close();
    await this.broker.stop();
  }

  /** An agent that is stopped when the test ends. */
  agent(options: Partial<AgentOptions> = {}): Agent {
    const defaults = { role: 'developer', skills: ['typescript'], connect: this.connect, abortGraceMs: 500 };
    const agent = new Agent({ ...defaults, ...options });
    this.#agents.push(agent);
    return agent;
  }

  async startAgent(handler: TaskHandler, options: Partial<AgentOptions> = {}) {
    const agent = this.agent(options).onTask(handler);
    await agent.start();
    return { agent, agentId: agent.agentId ?? expect.unreachable() };
  }

  /** The report that ended the task, as soon as there is one. */
  endOf(taskId: TaskId) {
    return eventually(async () => {
      const all = await this.platform.reports();
      const ends = all.filter(
        ({ type, payload }) => payload.task_id === taskId && /completed|failed/.test(type),
      );
      if (ends[0] === undefined) throw new Error('no end was reported');
      return ends[0];
    });
  }

  untilReported(taskId: TaskId, ...types: string[]): Promise<void> {
    return eventually(async () => expect(await this.platform.reportedOf(taskId)).toEqual(types));
  }

  /** Resolves when every entry of the inbox that was handed out is acknowledged. */
  settled(agentId: AgentId): Promise<true> {
    return eventually(async () => (await this.platform.pending(agentId)) === 0);
  }
}
