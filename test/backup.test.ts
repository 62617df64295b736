// A backup of the running platform, and a move of it: the services go on with another broker, and every task ends once.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NovaClient } from '@nova-torch/client';
import { isTerminal, SERVICES, streamKeys, tagOf } from '@nova-torch/protocol';
import { countWaiting, openBroker } from '@nova-torch/streams';
import { createBackup, restoreBackup } from '@nova-torch/streams/backup';
import { eventually, type Platform, startPlatform } from '@nova-torch/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { type RunningAgent, startAgent } from './support/agents.ts';

const directory = mkdtempSync(join(tmpdir(), 'nova-backup-'));
const [underLoad, stopped] = [join(directory, 'load.backup'), join(directory, 'stopped.backup')];
const prefixes = [tagOf(0)];
/** Short, for agents of a broker that was left; a busy machine must not take a living one for dead. */
const env = { NOVA_HEARTBEAT_MS: '2000' };
/** Each run of a task leaves its id there. */
const runs = join(directory, 'runs');
const WORK = `echo "$NOVA_TASK_ID" >> ${runs}; sleep 0.03; echo '{"type":"result","result":'"$NOVA_TASK_INPUTS"'}'`;

let platform: Platform | undefined;
let agent: RunningAgent | undefined;

afterAll(async () => {
  await agent?.stop();
  await platform?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const clientOf = ({ gatewayUrl, adminKey }: Platform) =>
  new NovaClient({ baseUrl: gatewayUrl, key: adminKey });
const startWorker = (on: Platform) =>
  startAgent(on, { skills: ['work'], capacity: 2, command: ['sh', '-c', WORK] });

/** Submits tasks, every third after the one before, until there are `count` or `isOver`; `ids` grows as they are accepted. */
async function submit(client: NovaClient, count: number, ids: string[], isOver = () => false): Promise<void> {
  for (let n = 0; n < count && !isOver(); n += 1) {
    const number = ids.length;
    const dependencies = n % 3 === 2 ? ids.slice(-1) : [];
    const spec = {
      title: `task ${number}`,
      required_skills: ['work'],
      inputs: { number },
      dependencies,
      max_retries: 10,
    };
    ids.push((await client.submitTask(spec)).task_id);
  }
}

async function completed(client: NovaClient): Promise<number> {
  let count = 0;
  for await (const { status } of client.listTasks({ status: 'completed' }))
    if (status === 'completed') count += 1;
  return count;
}

async function endsOnce(client: NovaClient, ids: readonly string[]): Promise<void> {
  for (const [number, id] of ids.entries()) {
    const task = await eventually(() => client.waitForTask(id), { timeoutMs: 60_000, everyMs: 100 });
    expect(task).toMatchObject({ status: 'completed', result: { number } });
    const history = await client.getTaskHistory(id);
    expect(history.filter(({ to }) => isTerminal(to))).toHaveLength(1);
  }
}

/** Resolves when the router has dealt with all that was submitted. */
async function allRead({ brokerUrl }: Platform): Promise<void> {
  const broker = await openBroker({ url: brokerUrl, name: 'backup-test' });
  const waiting = () => countWaiting(broker, streamKeys(0).tasksQueue, 'task-router');
  await eventually(async () => expect(await waiting()).toBe(0), { timeoutMs: 30_000, everyMs: 20 });
  await broker.close();
}

/** The platform on a broker that a backup was restored to. */
async function startRestored(file: string): Promise<Platform> {
  let restored: Promise<unknown> | undefined;
  return startPlatform({
    env,
    async brokerUrlOf(_, { url }) {
      restored ??= restoreBackup({ url, file });
      await restored;
      return url;
    },
  });
}

describe('a backup', () => {
  const ids: string[] = [];
  let before = 0;
  let after = 0;

  it('is taken under load, and nobody notices', { timeout: 90_000 }, async () => {
    platform = await startPlatform({ env });
    agent = await startWorker(platform);
    const client = clientOf(platform);
    let isMade = false;
    const load = submit(client, 1_000, ids, () => isMade);
    await eventually(async () => expect(await completed(client)).toBeGreaterThan(2), {
      timeoutMs: 30_000,
      everyMs: 20,
    });
    before = ids.length;
    const made = await createBackup({ url: platform.brokerUrl, file: underLoad, prefixes, maxHoldMs: 5000 });
    after = ids.length;
    isMade = true;
    await load;
    expect(made.last_keys).toBeGreaterThan(0);
    await endsOnce(client, ids);
  });

  it('brings stopped services to another broker: every task ends once, none is lost', {
    timeout: 120_000,
  }, async () => {
    if (!platform || !agent) throw new Error('nothing runs');
    const all = [...ids];
    const old = platform;
    await submit(clientOf(old), 15, all);
    await agent.stop();
    // Accepted, and read by nobody before the move.
    await old.service('task-router').stop();
    await submit(clientOf(old), 2, all);
    await Promise.all(SERVICES.map((service) => old.service(service).stop()));
    await createBackup({ url: old.brokerUrl, file: stopped, prefixes, maxHoldMs: 5000 });
    await old.stop();
    platform = await startRestored(stopped);
    agent = await startWorker(platform);
    await endsOnce(clientOf(platform), all);
    // Agents that stop give back what they have not begun: nothing ran on both sides.
    const ran = readFileSync(runs, 'utf8').trim().split('\n');
    expect(ran.toSorted()).toEqual(all.toSorted());
    await agent.stop();
    await platform.stop();
  });

  it('that was taken under load goes on as of its moment', { timeout: 90_000 }, async () => {
    platform = await startRestored(underLoad);
    const client = clientOf(platform);
    // Accepted is what is in the stream; the router that took an entry last may be the old one, so a new one has to take it over.
    await allRead(platform);
    const there: string[] = [];
    for await (const { task_id } of client.listTasks()) there.push(task_id);
    // All that was accepted before the backup began, and nothing that was submitted when it was made.
    expect(there).toEqual(expect.arrayContaining(ids.slice(0, before)));
    expect(there.length).toBeLessThanOrEqual(after + 1);
    agent = await startWorker(platform);
    await endsOnce(client, ids.slice(0, there.length));
    expect(await completed(client)).toBe(there.length);
  });
});
