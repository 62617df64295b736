import { setTimeout as delay } from 'node:timers/promises';
import { Agent, streamsTransport, TaskFailure } from '@nova-torch/agent-sdk';
import { NovaClient } from '@nova-torch/client';
import type { TaskSpecInput } from '@nova-torch/protocol';
import { eventually, type Platform, startPlatform } from '@nova-torch/testing';

const LOAD_EVERY_MS = 1_000;

/** The real platform under a light load, and what breaks it. */
export interface Stage {
  readonly platform: Platform;
  readonly client: NovaClient;
  submit(task: TaskSpecInput): Promise<string | undefined>;
  /** Starts agent processes by the spawner; resolves with their pids when all have registered. */
  spawnAgents(count: number): Promise<number[]>;
  stop(): Promise<void>;
}

/** Starts it with limits small enough to be reached. */
export async function startStage(): Promise<Stage> {
  const platform = await startPlatform({
    envOf: {
      gateway: { NOVA_WAITS_MAX: '4', NOVA_JOURNAL_BYTES_MAX: '1000000' },
      spawner: { SPAWNER_AGENTS_MAX: '4' },
    },
  });
  const client = new NovaClient({ baseUrl: platform.gatewayUrl, key: platform.adminKey });
  const connect = streamsTransport({ brokerUrl: platform.brokerUrl });
  const agent = new Agent({ role: 'tester', skills: ['test'], capacity: 8, connect });
  agent.onTask(async ({ inputs, title }) => {
    if (inputs.fails === true) throw new TaskFailure('BROKEN', 'as it was told to', { retryable: false });
    return { done: title };
  });
  const submit = (task: TaskSpecInput) =>
    client.submitTask({ durability: 'memory', ...task }, { signal: AbortSignal.timeout(3_000) }).then(
      ({ task_id }) => task_id,
      () => undefined,
    );
  const ended = new AbortController();
  try {
    await agent.start();
  } catch (error) {
    await platform.stop();
    throw error;
  }
  const load = keepSubmitting(submit, ended.signal);
  return {
    ...{ platform, client, submit },
    spawnAgents: (count) => spawnAgents(client, count),
    async stop() {
      ended.abort();
      await load;
      await agent.stop().catch(() => undefined);
      await platform.stop();
    },
  };
}

async function keepSubmitting(submit: Stage['submit'], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await submit({ title: 'Go on', role: 'tester', task_type: 'load' });
    await delay(LOAD_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function spawnAgents(client: NovaClient, count: number): Promise<number[]> {
  const asked = await Promise.all(
    Array.from({ length: count }, () => client.spawnAgent({ template: 'devops' })),
  );
  const ids = new Set(asked.map(({ spawn_id }) => spawn_id));
  return eventually(
    async () => {
      const running = (await client.listSpawns()).filter(
        ({ spawn_id, state }) => ids.has(spawn_id) && state === 'running',
      );
      return running.length === count && running.flatMap(({ pid }) => pid ?? []);
    },
    { timeoutMs: 60_000, everyMs: 200, what: 'all spawned agents registered' },
  );
}
