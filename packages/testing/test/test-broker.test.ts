import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askBroker, isPortFree, startBrokerProcess } from '@nova-torch/cli/own-broker';
import { eventually, freePort, startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterEach, expect, test } from 'vitest';

const brokers: TestBroker[] = [];

/** A busy machine answers late; only where no answer is expected the wait is short. */
const ask = (port: number, command: string[]): Promise<unknown> =>
  askBroker(port, command, { timeoutMs: 10_000 });

async function started(options?: Parameters<typeof startTestBroker>[0]): Promise<TestBroker> {
  const broker = await startTestBroker(options);
  brokers.push(broker);
  return broker;
}

afterEach(async () => {
  for (const broker of brokers.splice(0)) await broker.stop();
});

test('a test broker answers on a loopback port of its own and is gone after stop', async () => {
  const [one, two] = await Promise.all([started(), started()]);
  expect(one.port).not.toBe(two.port);
  await ask(one.port, ['SET', 'fruit', 'pear']);
  expect(await ask(one.port, ['GET', 'fruit'])).toBe('pear');
  expect(await ask(two.port, ['GET', 'fruit'])).toBeNull();
  await one.flush();
  expect(await ask(one.port, ['DBSIZE'])).toBe(0);
  await one.stop();
  await one.stop();
  expect(await isPortFree(one.port)).toBe(true);
});

test('with appendonly always each answered write survives a crash and a restart on the same port', async () => {
  const broker = await started({ appendonly: 'always' });
  await ask(broker.port, ['SET', 'fruit', 'plum']);
  await broker.kill9();
  await expect(ask(broker.port, ['PING'])).rejects.toThrow(/ECONNREFUSED/);
  await broker.restart();
  expect(await ask(broker.port, ['GET', 'fruit'])).toBe('plum');
  await broker.restart({ data: 'lose' });
  expect(await ask(broker.port, ['GET', 'fruit'])).toBeNull();
});

test('without it a crash loses everything', async () => {
  const broker = await started();
  await ask(broker.port, ['SET', 'fruit', 'fig']);
  await broker.kill9();
  await broker.restart();
  expect(await ask(broker.port, ['GET', 'fruit'])).toBeNull();
});

test('a paused broker answers nothing until it is resumed', async () => {
  const broker = await started();
  await broker.pause();
  await expect(askBroker(broker.port, ['PING'], { timeoutMs: 100 })).rejects.toThrow(/no answer to PING/);
  await broker.resume();
  expect(await ask(broker.port, ['PING'])).toBe('PONG');
});

test('an unknown broker or one that is not installed is an error that says what to do', async () => {
  await expect(startTestBroker({ broker: 'postgres' })).rejects.toThrow(
    /say redis, valkey, dragonfly or docker/,
  );
  const path = process.env.PATH;
  process.env.PATH = '/nonexistent';
  try {
    await expect(startTestBroker({ broker: 'redis' })).rejects.toThrow(
      /redis-server is not on PATH: install it/,
    );
  } finally {
    process.env.PATH = path;
  }
});

test('a broker that cannot come up reports what it printed', async () => {
  const port = await freePort();
  const dir = join(tmpdir(), `nova-torch-broker-refused-${process.pid}`);
  const base = { dir, lastSignal: 'kill', portWaitMs: 100, args: () => [] } as const;
  await expect(startBrokerProcess({ ...base, command: '/bin/false', port })).rejects.toThrow(
    /ended with code 1/,
  );
  await expect(startBrokerProcess({ ...base, command: '/nonexistent/redis' })).rejects.toThrow(
    /cannot start/,
  );
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
  await expect(startBrokerProcess({ ...base, command: 'redis-server', port })).rejects.toThrow(
    /taken by another/,
  );
  await new Promise((resolve) => taken.close(resolve));
  rmSync(dir, { recursive: true, force: true });
});

test('a broker dies, and its directory goes, when the process that started it is ended by SIGKILL', async () => {
  const script = `
    const { startTestBroker } = await import('@nova-torch/testing');
    const broker = await startTestBroker();
    console.log(JSON.stringify({ port: broker.port, pid: Number(process.pid) }));
    setInterval(() => {}, 1000);
  `;
  const cwd = join(import.meta.dirname, '..', '..', '..');
  const tmp = join(tmpdir(), `nova-torch-orphan-${process.pid}`);
  mkdirSync(tmp);
  const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', script], {
    cwd,
    env: { ...process.env, TMPDIR: tmp },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const { port } = await eventually(() => JSON.parse(printed) as { port: number }, { timeoutMs: 20_000 });
  expect(await ask(port, ['PING'])).toBe('PONG');
  child.kill('SIGKILL');
  await eventually(() => isPortFree(port), { what: 'the end of the orphaned broker' });
  await eventually(() => readdirSync(tmp).every((name) => !name.startsWith('nova-torch')), {
    what: 'removal of its directory',
  });
  rmSync(tmp, { recursive: true });
});

test('eventually resolves with the value, and tells the last error when time is up', async () => {
  let calls = 0;
  expect(
    await eventually(() => {
      calls += 1;
      return calls > 3 && calls;
    }),
  ).toBe(4);
  const never = eventually(() => expect(1).toBe(2), { timeoutMs: 30, what: 'equality' });
  await expect(never).rejects.toThrow(/equality did not come true within 30 ms: expected 1 to be 2/);
});
