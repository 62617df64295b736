import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  eventually,
  findMarked,
  type Platform,
  type PlatformOptions,
  startPlatform,
} from '@nova-torch/testing';
import { afterEach, expect, test } from 'vitest';

const small: PlatformOptions = {
  services: ['gateway', 'task-router', 'task-router#2'],
  entryOf: () => join(import.meta.dirname, 'support', 'small-service.ts'),
};

let platform: Platform | undefined;

afterEach(async () => {
  await platform?.stop();
  platform = undefined;
});

test('services run as processes, ready and found by the address they print', async () => {
  platform = await startPlatform(small);
  const { gatewayUrl } = platform;
  expect((await fetch(`${gatewayUrl}/x`)).status).toBe(200);
  expect(platform.adminKey).toBe('the-key');
  expect(platform.brokerUrl).toBe(platform.broker.url);
  expect(platform.service('task-router').address).not.toBe(platform.service('task-router#2').address);
  expect(platform.logs('gateway').map(({ msg }) => msg)).toEqual(
    expect.arrayContaining(['listening', 'not json']),
  );
  expect(() => platform?.service('registry')).toThrow(/registry is not among the services/);
});

test('a service is killed, paused, and started again where it was', async () => {
  platform = await startPlatform(small);
  const { gatewayUrl } = platform;
  await platform.kill9('gateway');
  expect(() => platform?.service('gateway').address).toThrow(/does not listen/);
  await expect(fetch(gatewayUrl)).rejects.toThrow();
  await platform.restart('gateway');
  platform.service('gateway').pause();
  await expect(fetch(gatewayUrl, { signal: AbortSignal.timeout(100) })).rejects.toThrow(/timeout/);
  platform.service('gateway').resume();
  expect((await fetch(gatewayUrl)).status).toBe(200);
  await platform.restart('gateway');
  expect(platform.logs('gateway').filter(({ msg }) => msg === 'stopped')).toHaveLength(1);
  await expect(platform.service('gateway').start()).rejects.toThrow(/runs already/);
});

test('stop leaves no process, also none that a service started, and no directory', async () => {
  platform = await startPlatform(small);
  const { home } = platform;
  expect(findMarked('NOVA_HOME', home).length).toBeGreaterThanOrEqual(6);
  await platform.stop();
  await platform.stop();
  await eventually(() => findMarked('NOVA_HOME', home).length === 0);
  expect(existsSync(home)).toBe(false);
});

test('a service that does not start is an error with what it logged', async () => {
  const refuses = startPlatform({ ...small, envOf: { 'task-router#2': { SMALL_MODE: 'refuses' } } });
  await expect(refuses).rejects.toThrow(/task-router#2 ended with code 78\n.*NOVA_SOMETHING is missing/);
  const one = { ...small, services: ['gateway'] } satisfies PlatformOptions;
  const neverReady = startPlatform({ ...one, readyTimeoutMs: 3_000, env: { SMALL_MODE: 'unready' } });
  await expect(neverReady).rejects.toThrow(
    /ready did not come true within 3000 ms: \/health\/ready answers 503/,
  );
});

test('everything ends when the process that started it is ended by SIGKILL', async () => {
  const script = `
    const { startPlatform } = await import('@nova-torch/testing');
    const entry = ${JSON.stringify(join(import.meta.dirname, 'support', 'small-service.ts'))};
    const platform = await startPlatform({ services: ['gateway'], entryOf: () => entry });
    process.stdout.write(JSON.stringify({ home: platform.home }));`;
  const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', script], {
    cwd: join(import.meta.dirname, '..', '..', '..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const { home } = await eventually(() => JSON.parse(printed) as { home: string }, { timeoutMs: 20_000 });
  expect(findMarked('NOVA_HOME', home).length).toBeGreaterThanOrEqual(2);
  child.kill('SIGKILL');
  await eventually(() => findMarked('NOVA_HOME', home).length === 0 && !existsSync(home), {
    timeoutMs: 10_000,
  });
});
