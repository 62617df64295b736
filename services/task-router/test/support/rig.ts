// A task-router under test: a real broker, the real registry as a process, one or more real routers in this process,
// and somebody who submits and asks.
import {
  codec,
  type Message,
  newTaskId,
  streamKeys,
  TaskCancelV1,
  TaskExplainV1,
  type TaskExplanation,
  TaskGetV1,
  type TaskHistoryEntry,
  type TaskId,
  TaskRetryV1,
  type TaskSpecInput,
  TaskSubmittedV1,
  type TaskView,
} from '@nova-torch/protocol';
import {
  type AssembledService,
  loadEnv,
  openServiceBase,
  type ServiceBaseOptions,
} from '@nova-torch/service-kit';
import { asEntries, type Broker, createProducer, createRequester, openBroker } from '@nova-torch/streams';
import { eventually, type Platform, type PlatformOptions, startPlatform } from '@nova-torch/testing';
import { vi } from 'vitest';
import { buildApp } from '../../src/app.ts';
import { routerEnv } from '../../src/env.ts';
import { routerKeys } from '../../src/store/keys.ts';
import { loadTaxonomy } from '../../src/taxonomy/load-taxonomy.ts';
import { say } from './say.ts';
import { joinAgent, type TestAgent, type TestAgentOptions } from './test-agent.ts';

// A test waits for conditions, each with a bound of its own: those tell what went wrong, so its own is above them.
vi.setConfig({ testTimeout: 60_000 });

export const streams = streamKeys(0);
export const keys = routerKeys(0);

/** Starts a router in this process, on the broker. No start is late unless `env` says so; the other periods are short. */
export async function startRouter(
  url: string,
  env: Record<string, string> = {},
  options: ServiceBaseOptions = {},
): Promise<AssembledService> {
  const settings = loadEnv(routerEnv, {
    NOVA_BROKER_URL: url,
    NOVA_LOG_LEVEL: 'silent',
    NOVA_TRIM_EVERY_MS: '3600000',
    NOVA_ASSIGNMENT_LEASE_MS: '1000',
    NOVA_START_TIMEOUT_MS: '60000',
    NOVA_RECONCILE_EVERY_MS: '100',
    ...env,
  });
  const taxonomy = loadTaxonomy(settings.NOVA_TAXONOMY, settings.NOVA_TAXONOMY_EXTRA);
  const app = buildApp(await openServiceBase(settings, 'task-router', options), taxonomy);
  await app.start();
  return app;
}

export interface Rig {
  readonly platform: Platform;
  readonly broker: Broker;
  readonly url: string;
  send(stream: string, ...messages: Message[]): Promise<void>;
  ask(stream: string, message: Message): Promise<Message>;
  submit(spec?: Partial<TaskSpecInput>): Promise<TaskId>;
  submitAsking(spec?: Partial<TaskSpecInput>, taskId?: TaskId): Promise<Message>;
  cancel(taskId: TaskId): Promise<Message>;
  retry(taskId: TaskId): Promise<Message>;
  task(taskId: TaskId): Promise<TaskView>;
  history(taskId: TaskId): Promise<TaskHistoryEntry[]>;
  /** The task once it is in this state. */
  until(taskId: TaskId, status: TaskView['status'], timeoutMs?: number): Promise<TaskView>;
  messages(stream: string): Promise<Message[]>;
  explain(taskId: TaskId): Promise<TaskExplanation>;
  /** An agent that joins; it leaves with all others when `leave` is called. */
  agent(options?: TestAgentOptions): Promise<TestAgent>;
  /** Those that joined and have not left by `leave`. */
  readonly agents: readonly TestAgent[];
  /** Resolves when this router knows all of `agents`: it hears of them later than they do. None of them may hold a task. */
  known(router: AssembledService): Promise<void>;
  /** All agents that joined leave; resolves when the router has heard it, so that what is submitted next goes to none of them. */
  leave(): Promise<void>;
  stop(): Promise<void>;
}

type Verbs = Pick<Rig, 'submit' | 'submitAsking' | 'cancel' | 'retry' | 'task' | 'history' | 'explain'>;

function verbsOf(ask: Rig['ask'], publish: (stream: string, message: Message) => Promise<unknown>): Verbs {
  const submitted = (task_id: TaskId, spec: Partial<TaskSpecInput>, answer: boolean): Message =>
    say(TaskSubmittedV1, { task_id, spec: { title: 'a task', ...spec }, submitter: 'rig', answer });
  const get = async (taskId: TaskId, history: boolean) => {
    const answer = await ask(streams.tasksQueries, say(TaskGetV1, { task_id: taskId, history }));
    if (answer.type !== 'task.state.v1') throw new Error(`${taskId}: ${JSON.stringify(answer.payload)}`);
    return answer.payload;
  };
  return {
    async submit(spec = {}) {
      const taskId = newTaskId(0, Date.now());
      await publish(streams.tasksQueue, submitted(taskId, spec, false));
      return taskId;
    },
    submitAsking: (spec = {}, taskId = newTaskId(0, Date.now())) =>
      ask(streams.tasksQueue, submitted(taskId, spec, true)),
    cancel: (taskId) =>
      ask(streams.tasksQueue, say(TaskCancelV1, { task_id: taskId, reason: 'not needed', by: 'tester' })),
    retry: (taskId) => ask(streams.tasksQueue, say(TaskRetryV1, { task_id: taskId, by: 'tester' })),
    task: async (taskId) => (await get(taskId, false)).task,
    history: async (taskId) => (await get(taskId, true)).history ?? [],
    async explain(taskId) {
      const answer = await ask(streams.tasksQueries, say(TaskExplainV1, { task_id: taskId }));
      if (answer.type !== 'task.explained.v1') throw new Error(JSON.stringify(answer.payload));
      return answer.payload.explanation;
    },
  };
}

/** Whether a router has said, since the agent registered, that it holds nothing for it any more. */
async function isReleased(broker: Broker, { id, registeredAtMs }: TestAgent): Promise<boolean> {
  const entries = asEntries(await broker.call('XRANGE', streams.registry, registeredAtMs, '+'));
  return entries.some(({ fields: { m = '' } }) => m.includes('"agent.released.v1"') && m.includes(id));
}

/** The free slots a router sees, of all agents together. */
async function freeSlotsOf(router: AssembledService): Promise<number> {
  const text = await (await fetch(`${router.address()}/metrics`)).text();
  return Number(/^nova_torch_router_free_slots(?:\{.*\})? (\d+)$/m.exec(text)?.[1]);
}

/**
 * Starts broker and registry, and whoever talks to them. Routers are started by the test. Nobody is taken for dead by
 * silence, however long this process is held up, unless NOVA_HEARTBEAT_MS says so.
 */
export async function startRig({
  services = ['registry'],
  env,
  ...more
}: PlatformOptions = {}): Promise<Rig> {
  const platform = await startPlatform({
    services,
    env: { NOVA_HEARTBEAT_MS: '10000', NOVA_TRIM_EVERY_MS: '3600000', ...env },
    ...more,
  });
  const broker = await openBroker({ url: platform.brokerUrl, name: 'rig' });
  const producer = createProducer(broker, codec);
  const requester = createRequester({ broker, codec, tag: streams.tag, instance: 'rig', timeoutMs: 10_000 });
  await requester.start();
  const agents: TestAgent[] = [];
  const ask: Rig['ask'] = (stream, message) => requester.request(stream, message);
  const rig: Rig = {
    platform,
    broker,
    url: platform.brokerUrl,
    send: async (stream, ...messages) =>
      void (await producer.publishAll(messages.map((message) => ({ stream, message })))),
    ask,
    ...verbsOf(ask, (stream, message) => producer.publish(stream, message)),
    until: (taskId, status, timeoutMs = 20_000) =>
      eventually(
        async () => {
          const task = await rig.task(taskId);
          if (task.status !== status) throw new Error(`it is ${task.status}: ${JSON.stringify(task.error)}`);
          return task;
        },
        { timeoutMs, what: `${taskId} to be ${status}` },
      ),
    async messages(stream) {
      return asEntries(await broker.call('XRANGE', stream, '-', '+')).map(({ fields }) => {
        const decoded = codec.decode(fields.m ?? '');
        if (!decoded.ok) throw new Error(decoded.error);
        return decoded.message;
      });
    },
    async agent(options = {}) {
      const agent = await joinAgent({ broker, producer, ask }, options);
      agents.push(agent);
      return agent;
    },
    agents,
    async known(router) {
      const slots = agents.reduce((sum, { capacity }) => sum + capacity, 0);
      const what = `the router to see ${slots} free slots`;
      await eventually(async () => (await freeSlotsOf(router)) === slots, { timeoutMs: 20_000, what });
    },
    async leave() {
      const left = agents.splice(0);
      for (const agent of left) await agent.leave();
      for (const agent of left) await eventually(() => isReleased(broker, agent), { timeoutMs: 10_000 });
    },
    async stop() {
      await Promise.all(agents.map((agent) => agent.stop()));
      await requester.stop();
      await broker.close();
      await platform.stop();
    },
  };
  return rig;
}
