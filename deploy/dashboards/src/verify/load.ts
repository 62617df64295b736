// A load in which everything happens that a panel shows: tasks of every fate, agents of every kind, refusals, and a
// broker, a router and a spawner that die.
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, gatewayTransport, streamsTransport, TaskFailure } from '@nova-torch/agent-sdk';
import { NovaClient } from '@nova-torch/client';
import { streamKeys, type TaskSpecInput } from '@nova-torch/protocol';
import { openBroker } from '@nova-torch/streams';
import { eventually, type InstanceName, type Platform } from '@nova-torch/testing';

const TICK_MS = 1_000;
const NO_RETRIES = { attemptsMax: 1 };

/** What the platform of this load is started with: limits small enough to be reached. */
export const LOAD_ENVIRONMENT: Partial<Record<InstanceName, Readonly<Record<string, string>>>> = {
  gateway: { NOVA_WAITS_MAX: '4', NOVA_JOURNAL_KEEP_ENDED_MS: '20000' },
  spawner: { SPAWNER_AGENTS_MAX: '4' },
};

/** Its agents: over both ways, some with too few slots, some whose work fails. */
function agentsOf({ brokerUrl, gatewayUrl, adminKey }: Platform): Agent[] {
  const [near, far] = [streamsTransport({ brokerUrl }), gatewayTransport({ apiUrl: gatewayUrl, adminKey })];
  const agents = [
    ...Array.from(
      { length: 3 },
      () => new Agent({ role: 'developer', skills: ['build'], capacity: 4, connect: near }),
    ),
    ...Array.from(
      { length: 2 },
      () => new Agent({ role: 'qa', skills: ['check'], capacity: 3, connect: far }),
    ),
    new Agent({ role: 'pm', skills: ['plan'], capacity: 1, connect: near }),
    // Of its own, because an agent that fails rests from the type of task.
    new Agent({ role: 'specialist', skills: ['risk'], capacity: 1, connect: near }),
  ];
  for (const agent of agents) {
    agent.onMessage(() => undefined);
    agent.onTask(async ({ inputs, title }, context) => {
      context.progress({ percent: 50, step: title });
      await delay(Number(inputs.work_ms ?? 20), undefined, { signal: context.signal });
      if (inputs.fails === 'always' || (inputs.fails === 'once' && context.attempt === 1)) {
        throw new TaskFailure('BUILD_BROKEN', 'the build is broken', { retryable: inputs.fails === 'once' });
      }
      return { done: title };
    });
  }
  return agents;
}

/**
 * Runs the load for `seconds`, and `look` while all of it is still there. Refusals are a part of it: what the calls
 * answer is not looked at.
 */
export async function underLoad<T>(
  platform: Platform,
  { seconds, say, look }: { seconds: number; say: (line: string) => void; look: () => Promise<T> },
): Promise<T> {
  const load = new Load(platform);
  try {
    await load.start();
    const endsAt = performance.now() + seconds * 1_000;
    const upsets = load.upsets(seconds, say);
    for (let tick = 0; performance.now() < endsAt; tick += 1) {
      load.tick(tick);
      await delay(TICK_MS);
    }
    await upsets;
    return await look();
  } finally {
    await load.stop();
  }
}

class Load {
  readonly #platform: Platform;
  readonly #client: NovaClient;
  readonly #agents: Agent[];
  readonly #stranger: NovaClient;
  #broker: Awaited<ReturnType<typeof openBroker>> | undefined;
  #lastTask: string | undefined;
  readonly #calls = new Set<Promise<unknown>>();

  constructor(platform: Platform) {
    this.#platform = platform;
    const { gatewayUrl: baseUrl, adminKey } = platform;
    // No repeats and no breaker of its own: each refusal is to be counted by the gateway.
    this.#client = new NovaClient({ baseUrl, key: adminKey, retries: NO_RETRIES });
    this.#stranger = new NovaClient({ baseUrl, key: 'not-the-key', retries: NO_RETRIES });
    this.#agents = agentsOf(platform);
  }

  async start(): Promise<void> {
    this.#broker = await openBroker({ url: this.#platform.brokerUrl, name: 'dashboards-load' });
    await Promise.all(this.#agents.map((agent) => agent.start()));
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#calls);
    await Promise.allSettled(this.#agents.map((agent) => agent.stop()));
    await this.#broker?.close();
  }

  tick(number: number): void {
    for (const spec of tasksOf(number))
      this.#submit(spec, `load-${number}-${spec.title.replaceAll(' ', '-')}`);
    // The same key again is the same task.
    this.#submit({ title: 'build', required_skills: ['build'] }, `load-${number}-build`);
    this.#try(this.#stranger.me());
    this.#try(this.#client.getTask('task-0-00000000000000000000000000000000'));
    this.#try(this.#client.submitTask({ title: '' }));
    for (const to of ['role:qa', 'role:developer', 'role:nobody']) {
      this.#try(this.#client.sendMessage({ to, body: { hello: number } }));
    }
    if (number % 4 === 0) this.#seldom(number);
  }

  #seldom(number: number): void {
    const streams = streamKeys(0);
    for (const key of [streams.tasksQueue, streams.registry, streams.collaborationPeer]) {
      this.#try(this.#broker?.call('XADD', key, '*', 'm', 'no message'));
    }
    // One of a template that is not there, or more than may live at once.
    if (number % 8 === 0) this.#try(this.#client.spawnAgent({ template: 'nobody' }));
    else
      for (let spawns = 0; spawns < 3; spawns += 1)
        this.#try(this.#client.spawnAgent({ template: 'devops' }));
    this.#try(this.#interfere());
    const waited = this.#lastTask;
    if (waited === undefined) return;
    for (let waits = 0; waits < 6; waits += 1) this.#try(this.#client.waitForTask(waited, { timeoutS: 2 }));
  }

  /** Times at which something of the platform dies, as shares of the whole. */
  async upsets(seconds: number, say: (line: string) => void): Promise<void> {
    const { broker } = this.#platform;
    const startedAt = performance.now();
    const at = async (share: number, what: string, strike: () => Promise<unknown>): Promise<void> => {
      await delay(Math.max(0, startedAt + share * seconds * 1_000 - performance.now()));
      say(`  ${what}`);
      await strike();
    };
    await at(0.2, 'the active router is killed', async () => {
      await this.#platform.kill9('task-router');
      await this.#platform.restart('task-router');
    });
    await at(0.35, 'the spawner is killed', async () => {
      await this.#platform.kill9('spawner');
      await this.#platform.restart('spawner');
    });
    await at(0.5, 'the broker is killed, and is back after three seconds', async () => {
      await broker.kill9();
      await delay(3_000);
      await broker.restart();
    });
    await at(0.7, 'the broker is restarted without its data', () => broker.restart({ data: 'lose' }));
    await at(0.85, 'agents over HTTP break off', () => this.#breakOff());
  }

  /** Agents whose process ends in the middle of a pull. */
  async #breakOff(): Promise<void> {
    for (let count = 0; count < 4; count += 1) {
      const { agent, token } = await this.#client.registerAgent({ role: 'qa', skills: ['vanish'] });
      const cut = new AbortController();
      const pull = fetch(`${this.#platform.gatewayUrl}/v1/agents/${agent.agent_id}/inbox/pull`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ max: 1, wait_s: 20 }),
        signal: cut.signal,
      });
      this.#try(pull);
      await eventually(async () => (await this.#openPulls()) > 2, { timeoutMs: 5_000, what: 'an open pull' });
      cut.abort();
    }
  }

  async #openPulls(): Promise<number> {
    const text = await (await fetch(`${this.#platform.gatewayUrl}/metrics`)).text();
    return Number(/^nova_torch_gateway_open_pulls\{[^}]*\} (\d+)/m.exec(text)?.[1] ?? 0);
  }

  /** What people do: try again, cancel, end an agent. */
  async #interfere(): Promise<void> {
    const failed = (await this.#client.listTasks({ status: 'failed' }).next()).value;
    const ready = (await this.#client.listTasks({ status: 'ready' }).next()).value;
    if (failed !== undefined) this.#try(this.#client.retryTask(failed.task_id));
    if (ready !== undefined) this.#try(this.#client.cancelTask(ready.task_id, { reason: 'not needed' }));
    for (const spawn of await this.#client.listSpawns()) {
      if (spawn.state === 'running' && spawn.agent_id !== undefined) {
        this.#try(this.#client.terminateAgent(spawn.agent_id, { reason: 'enough', force: true }));
        return;
      }
    }
  }

  #submit(spec: TaskSpecInput, idempotencyKey: string): void {
    this.#try(
      this.#client.submitTask(spec, { idempotencyKey }).then(({ task_id }) => {
        this.#lastTask = task_id;
      }),
    );
  }

  /** Starts a call and lets it end as it may. */
  #try(call: Promise<unknown> | undefined): void {
    if (call === undefined) return;
    const settled = call.catch(() => undefined).finally(() => this.#calls.delete(settled));
    this.#calls.add(settled);
  }
}

/** The tasks of one tick: done, slow, failing, waiting for a slot, for an agent, and for one the spawner can start. */
function tasksOf(number: number): (TaskSpecInput & { title: string })[] {
  const priority = (['low', 'normal', 'high', 'urgent', 'critical'] as const)[number % 5] ?? 'normal';
  const retry_backoff = { initial_s: 0.2, factor: 2, max_s: 1 };
  const builds = Array.from({ length: 6 }, (_, i) => ({
    title: `build ${i}`,
    required_skills: ['build'],
    priority,
    inputs: { work_ms: 20 + 40 * i },
  }));
  const tasks: (TaskSpecInput & { title: string })[] = [
    { title: 'build', required_skills: ['build'] },
    ...builds,
    { title: 'check', required_skills: ['check'], inputs: { work_ms: 300 } },
  ];
  if (number % 4 === 0) {
    // More at once than the one agent that plans has slots.
    for (let plan = 0; plan < 4; plan += 1) {
      tasks.push({ title: `plan ${plan}`, role: 'pm', required_skills: ['plan'], inputs: { work_ms: 800 } });
    }
    tasks.push(
      {
        title: 'flaky',
        required_skills: ['risk'],
        task_type: 'flaky',
        inputs: { fails: 'once' },
        retry_backoff,
      },
      { title: 'broken', required_skills: ['risk'], task_type: 'broken', inputs: { fails: 'always' } },
      { title: 'for nobody', role: 'artist', required_skills: ['paint'], ttl: 6 },
      { title: 'for a new agent', required_skills: ['inventory'], inputs: { path: import.meta.dirname } },
    );
  }
  return tasks;
}
