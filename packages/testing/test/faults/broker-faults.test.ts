import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { askBroker } from '@nova-torch/cli/own-broker';
import {
  eventually,
  fillMemory,
  isAlive,
  killProcess,
  makeReadOnly,
  slowDown,
  startTestBroker,
  stopProcess,
  strikeBroker,
  type TestBroker,
} from '@nova-torch/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

let broker: TestBroker;

beforeAll(async () => {
  broker = await startTestBroker({ appendonly: 'always' });
});
beforeEach(async () => {
  await broker.flush();
  await set('pear');
});
afterAll(() => broker.stop());

/** A busy machine answers late; only where no answer is expected the wait is short. */
const ask = (port: number, command: string[]): Promise<unknown> =>
  askBroker(port, command, { timeoutMs: 10_000 });
const set = (value: string): Promise<unknown> => ask(broker.port, ['SET', 'fruit', value]);
const get = (): Promise<unknown> => ask(broker.port, ['GET', 'fruit']);

test('a full broker answers OOM, reads on, and takes writes again afterwards', async () => {
  const heal = await fillMemory(broker);
  await expect(set('plum')).rejects.toThrow(/^OOM /);
  expect(await get()).toBe('pear');
  await heal();
  await set('plum');
  expect(await get()).toBe('plum');
});

test('a read-only broker answers READONLY or NOREPLICAS, and keeps its data', async () => {
  const ways = [
    { how: 'replica', answer: /^READONLY / },
    { how: 'no-replicas', answer: /^NOREPLICAS / },
  ] as const;
  for (const { how, answer } of ways) {
    const heal = await makeReadOnly(broker, how);
    await expect(set('plum')).rejects.toThrow(answer);
    expect(await get()).toBe('pear');
    await heal();
    await set('pear');
  }
});

test('a slow broker answers, but late', async () => {
  let over = false;
  const slow = slowDown(broker, 400, 0.05).then(() => {
    over = true;
  });
  const tookMs: number[] = [];
  while (!over) {
    const askedAt = performance.now();
    await get();
    tookMs.push(performance.now() - askedAt);
  }
  await slow;
  expect(Math.max(...tookMs)).toBeGreaterThan(50);
});

test('the faults of a schedule: a crash keeps what was answered, an empty restart loses it, the rest passes', async () => {
  await strikeBroker(broker, { kind: 'kill', forMs: 20 });
  expect(await get()).toBe('pear');
  const passing = [
    { kind: 'freeze', meanwhile: /no answer/ },
    { kind: 'out-of-memory', meanwhile: /^OOM/ },
    { kind: 'read-only', meanwhile: /^READONLY/ },
    { kind: 'no-replicas', meanwhile: /^NOREPLICAS/ },
  ] as const;
  for (const { kind, meanwhile } of passing) {
    const timeoutMs = kind === 'freeze' ? 50 : 10_000;
    const refused = () =>
      expect(askBroker(broker.port, ['SET', 'n', '1'], { timeoutMs })).rejects.toThrow(meanwhile);
    // A busy machine may let the fault pass before anything was asked.
    await eventually(
      async () => {
        const over = strikeBroker(broker, { kind, forMs: 300 });
        await eventually(refused, { timeoutMs: 290 }).finally(() => over);
      },
      { timeoutMs: 20_000 },
    );
    await set('pear');
  }
  await strikeBroker(broker, { kind: 'slow', forMs: 30 });
  await strikeBroker(broker, { kind: 'restart-empty', forMs: 0 });
  expect(await get()).toBeNull();
});

test('a process is frozen for a while, and killed', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => console.log(performance.now()), 5)'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = child.pid ?? 0;
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const ranAt = (): number[] => printed.split('\n').slice(0, -1).map(Number);
  await eventually(() => ranAt().length > 0);
  expect(await stopProcess(pid, 150)).toBe(true);
  await eventually(() => ranAt().some((at, i, all) => i > 0 && at - (all[i - 1] ?? 0) >= 140));
  const ended = once(child, 'exit');
  await killProcess(pid);
  expect((await ended)[1]).toBe('SIGKILL');
  expect(isAlive(pid)).toBe(false);
  await killProcess(pid);
  expect(await stopProcess(pid, 10)).toBe(false);
});
