import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AlertRule } from '@nova-torch/alerts';
import { openBroker } from '@nova-torch/streams';
import { eventually } from '@nova-torch/testing';
import type { Stage } from './stage.ts';

/** One thing that is broken for real, and the alerts that must say so. */
export interface Step {
  readonly name: string;
  readonly expects: readonly AlertRule['alert'][];
  break(stage: Stage): Promise<void>;
  /** Puts right what does not come right by itself. */
  heal?(stage: Stage): Promise<void>;
}

const FAILING_TASKS = 40;
const CUTS = 9;
const LARGE_TASKS = 12;

async function configure(stage: Stage, bytes: (usedBytes: number) => number): Promise<void> {
  const broker = await openBroker({ url: stage.platform.brokerUrl, name: 'alerts-live' });
  try {
    const used = /^used_memory:(\d+)/m.exec(String(await broker.call('INFO', 'memory')))?.[1];
    await broker.call('CONFIG', 'SET', 'maxmemory', String(Math.floor(bytes(Number(used)))));
  } finally {
    await broker.close();
  }
}

/** Cuts every connection again and again, each time after all services have theirs back. */
async function cutConnections({ platform, client }: Stage): Promise<void> {
  const broker = await openBroker({ url: platform.brokerUrl, name: 'alerts-live' });
  try {
    for (let cut = 0; cut < CUTS; cut += 1) {
      await broker.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await eventually(async () => (await client.listAgents()).length > 0, { timeoutMs: 10_000 });
    }
  } finally {
    await broker.close();
  }
}

/** Changes a byte in the first record of the gateway's journal, while the gateway is not there. */
async function damageJournal({ platform, client, submit }: Stage): Promise<void> {
  for (const title of ['First', 'Second']) await submit({ title, role: 'nobody', durability: 'journal' });
  await platform.service('gateway').stop();
  const directory = join(platform.home, 'journal', '1');
  const segment = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .find((path) => /\d+\.[a-z]+$/.test(path) && readFileSync(path).subarray(0, 4).toString() === 'NTJ1');
  if (segment === undefined) throw new Error(`no segment of a journal in ${directory}`);
  const bytes = readFileSync(segment);
  const at = bytes.indexOf('NTJ1', 4) + 40;
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  writeFileSync(segment, bytes);
  await platform.service('gateway').start();
  await eventually(async () => (await client.health()).status === 'ok', { timeoutMs: 30_000 });
}

const held: { end: AbortController | undefined } = { end: undefined };

/** What is broken, in this order; each on a platform that the one before left whole. */
export const STEPS: readonly Step[] = [
  {
    name: 'tasks nobody can do',
    expects: ['NovaTorchTasksWithoutCandidate'],
    break: async ({ submit }) => void (await submit({ title: 'To the moon', role: 'astronaut', ttl: 20 })),
  },
  {
    name: 'tasks that fail',
    expects: ['NovaTorchDeadLettersGrowing', 'NovaTorchTaskFailureBudgetBurn'],
    async break({ submit }) {
      // A type each: an agent rests from a type it fails at.
      for (let n = 0; n < FAILING_TASKS; n += 1)
        await submit({
          ...{ title: 'Fail', role: 'tester', task_type: `fails-${n}`, inputs: { fails: true } },
          ...{ max_retries: 0 },
        });
    },
  },
  {
    name: 'more agents than allowed',
    expects: ['NovaTorchSpawnLimitHit'],
    async break(stage) {
      await stage.spawnAgents(4);
      await stage.client.spawnAgent({ template: 'devops' }).catch(() => undefined);
    },
  },
  {
    name: 'four agents killed',
    expects: ['NovaTorchAgentsLost', 'NovaTorchSpawnsFailing'],
    async break({ client }) {
      for (const { pid, state } of await client.listSpawns())
        if (state === 'running' && pid !== undefined) process.kill(pid, 'SIGKILL');
    },
  },
  {
    name: 'as many waits as allowed',
    expects: ['NovaTorchLimitNear'],
    async break({ client, submit }) {
      const task = await submit({ title: 'Wait', role: 'nobody', ttl: 60 });
      if (task === undefined) throw new Error('the task to wait for was not accepted');
      const end = new AbortController();
      held.end = end;
      for (let n = 0; n < 4; n += 1)
        client.waitForTask(task, { signal: end.signal, timeoutS: 50 }).catch(() => undefined);
    },
    heal: async () => held.end?.abort(),
  },
  {
    name: 'the router killed',
    expects: ['NovaTorchServiceDown', 'NovaTorchServiceAbsent'],
    break: ({ platform }) => platform.kill9('task-router'),
    heal: ({ platform }) => platform.restart('task-router'),
  },
  {
    name: 'connections cut',
    expects: ['NovaTorchBrokerConnectionFlapping'],
    break: cutConnections,
  },
  {
    name: 'the memory of the broker runs out',
    expects: ['NovaTorchBrokerMemoryHigh', 'NovaTorchBrokerMemoryFull'],
    break: (stage) => configure(stage, (used) => used * 1.02),
    heal: (stage) => configure(stage, () => 0),
  },
  {
    name: 'the broker killed',
    expects: ['NovaTorchBrokerConnectionLost', 'NovaTorchServiceNotReady', 'NovaTorchGatewayErrorBudgetBurn'],
    break: ({ platform }) => platform.broker.kill9(),
  },
  {
    name: 'the broker back without its data',
    expects: ['NovaTorchBrokerDataLost'],
    break: ({ platform }) => platform.broker.restart({ data: 'lose' }),
  },
  {
    name: 'the journal full',
    expects: ['NovaTorchJournalRefusing'],
    async break({ submit }) {
      const text = 'x'.repeat(120_000);
      for (let n = 0; n < LARGE_TASKS; n += 1)
        await submit({ title: 'Large', role: 'nobody', durability: 'journal', inputs: { text }, ttl: 30 });
    },
  },
  {
    name: 'a byte of the journal changed',
    expects: ['NovaTorchJournalDamaged'],
    break: damageJournal,
  },
];
