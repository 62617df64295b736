// The broker is killed without persistence and comes back with nothing: what is lost with each durability, and how long a
// backlog of unfinished tasks takes to be back.
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, streamsTransport } from '@nova-torch/agent-sdk';
import { NovaClient } from '@nova-torch/client';
import type { Durability } from '@nova-torch/protocol';
import { asNumber, type Broker, openBroker } from '@nova-torch/streams';
import { type Platform, startPlatform } from '@nova-torch/testing';
import { type CpuByProcess, cpuOf, cpuPerTask } from '../cpu-time.ts';
import { askBrokerFacts, loadNow, print } from '../report.ts';

const BATCH = 1_000;
const INDEX = '{nova.torch}:task-router:index';
const ENDED = '{nova.torch}:task-router:ended';
const ROLE = 'backlog';

export interface LossFinding {
  readonly durability: Durability;
  readonly accepted: number;
  readonly known_after: number;
  readonly lost: number;
}

export interface BacklogFinding {
  readonly tasks: number;
  readonly load_before: number;
  /** From the broker being ready to the last task being with the router again, in ms. */
  readonly back_ms: number;
  readonly back_per_second: number;
  /** Processor time per task while they came back, in µs, by process. */
  readonly cpu_us: CpuByProcess;
  readonly ended: number;
  readonly ran_once: number;
  readonly ran_more_often: number;
  readonly until_all_ended_ms: number;
}

/** Starts what takes tasks, on a broker that keeps nothing. */
export function startIntake(): Promise<Platform> {
  const services = ['registry', 'task-router', 'gateway'] as const;
  return startPlatform({ services, env: { NOVA_RETENTION_TASKS_MAX: '1000000' } });
}

export const clientOf = ({ gatewayUrl, adminKey }: Platform): NovaClient =>
  new NovaClient({ baseUrl: gatewayUrl, key: adminKey });

/** Submits tasks that wait for an agent; resolves with their ids when the router has all of them. */
async function submitAll(
  platform: Platform,
  broker: Broker,
  count: number,
  durability: Durability,
): Promise<string[]> {
  const client = clientOf(platform);
  const before = await have(broker, INDEX);
  const ids: string[] = [];
  for (let from = 0; from < count; from += BATCH) {
    const size = Math.min(BATCH, count - from);
    const tasks = Array.from({ length: size }, (_, n) => ({
      ...{ title: `task ${from + n}`, role: ROLE, inputs: { text: 'x'.repeat(100) }, durability },
    }));
    const { results } = await client.submitTasks(tasks);
    for (const { task, error } of results) {
      if (task === undefined) throw new Error(`a task was refused: ${JSON.stringify(error)}`);
      ids.push(task.task_id);
    }
  }
  await until(async () => (await have(broker, INDEX)) >= before + count, 'the router to have all', 120_000);
  return ids;
}

/** How many of accepted tasks nobody knows any more after the broker was killed and came back empty. */
export async function measureLoss(durability: Durability, count: number): Promise<LossFinding> {
  const platform = await startIntake();
  try {
    const broker = await openBroker({ url: platform.brokerUrl, name: 'bench-journal' });
    const ids = await submitAll(platform, broker, count, durability);
    await platform.broker.kill9();
    await platform.broker.restart({ data: 'lose' });
    const wanted = durability === 'journal' ? count : 0;
    await until(async () => (await have(broker, INDEX)) >= wanted, 'what is kept to be back', 60_000);
    // What is lost is not waited for: whatever comes back does so within this time, or not at all.
    await delay(5_000);
    const known = await have(broker, INDEX);
    await broker.close();
    return { durability, accepted: ids.length, known_after: known, lost: ids.length - known };
  } finally {
    await platform.stop();
  }
}

/** How long a backlog takes to be back; then it is worked off, and each task must run and end once. */
export async function measureBacklog(count: number): Promise<BacklogFinding> {
  const platform = await startIntake();
  try {
    const broker = await openBroker({ url: platform.brokerUrl, name: 'bench-journal' });
    const submittedAt = performance.now();
    const ids = await submitAll(platform, broker, count, 'journal');
    print(`${count} tasks submitted in ${Math.round(performance.now() - submittedAt)} ms`);
    await platform.broker.kill9();
    const load = loadNow();
    await platform.broker.restart({ data: 'lose' });
    const pids = {
      'task-router': platform.service('task-router').pid,
      gateway: platform.service('gateway').pid,
    };
    const cpuBefore = cpuOf(pids);
    const readyAt = performance.now();
    await until(async () => (await have(broker, INDEX)) >= count, 'the backlog to be back', 300_000, 20);
    const backMs = performance.now() - readyAt;
    const brokerPid = (await askBrokerFacts(platform.brokerUrl)).pid;
    const cpuUs = {
      ...cpuPerTask(cpuBefore, cpuOf(pids), count),
      ...cpuPerTask({}, cpuOf({ broker: brokerPid }), count),
    };
    print(`${count} tasks back after ${Math.round(backMs)} ms`);
    const { runs, tookMs } = await workOff(platform, broker, count);
    const ranOnce = ids.filter((taskId) => runs.get(taskId) === 1).length;
    const ended = await have(broker, ENDED);
    await broker.close();
    return {
      ...{ tasks: count, load_before: load, back_ms: Math.round(backMs) },
      back_per_second: Math.round((count * 1000) / backMs),
      cpu_us: cpuUs,
      ...{ ended, ran_once: ranOnce, ran_more_often: ids.length - ranOnce },
      until_all_ended_ms: Math.round(tookMs),
    };
  } finally {
    await platform.stop();
  }
}

async function workOff(platform: Platform, broker: Broker, count: number) {
  const runs = new Map<string, number>();
  const startedAt = performance.now();
  const agents = Array.from({ length: 4 }, () =>
    new Agent({
      role: ROLE,
      capacity: 500,
      connect: streamsTransport({ brokerUrl: platform.brokerUrl }),
    }).onTask(async ({ task_id }) => {
      runs.set(task_id, (runs.get(task_id) ?? 0) + 1);
      return undefined;
    }),
  );
  for (const agent of agents) await agent.start();
  await until(async () => (await have(broker, ENDED)) >= count, 'all tasks to have ended', 600_000, 100);
  const tookMs = performance.now() - startedAt;
  await Promise.all(agents.map((agent) => agent.stop()));
  return { runs, tookMs };
}

const have = async (broker: Broker, key: string): Promise<number> =>
  asNumber(await broker.call('ZCARD', key).catch(() => 0));

async function until(
  holds: () => Promise<boolean>,
  what: string,
  timeoutMs: number,
  everyMs = 50,
): Promise<void> {
  const endsAt = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > endsAt) throw new Error(`${what}: not within ${timeoutMs} ms`);
    await delay(everyMs);
  }
}
