// The gateway as a process: its key, its readiness, its end.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { loadEnv } from '@nova-torch/service-kit';
import { bareEnvironment, startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { loadAdminKey } from '../src/auth/admin-key.ts';
import { gatewayEnv } from '../src/env.ts';
import { callUrl } from './support/gateway.ts';

let broker: TestBroker;
let home: string;

// Starting a process takes long on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 90_000 });

beforeAll(async () => {
  broker = await startTestBroker();
});
afterAll(() => broker.stop());
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'nova-torch-gateway-process-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function startProcess(more: Record<string, string> = {}) {
  const main = join(import.meta.dirname, '../src/main.ts');
  const child = spawn(process.execPath, ['--conditions=source', main], {
    env: {
      ...{ ...bareEnvironment(), NOVA_BROKER_URL: broker.url, NOVA_HOME: home, NOVA_HTTP_PORT: '0' },
      ...more,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // What it said has been read then, too.
  const exited = once(child, 'close');
  const lines: string[] = [];
  const address = new Promise<string>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      const { msg, address: found } = JSON.parse(line);
      if (msg === 'listening') resolve(found);
    });
  });
  return { child, exited, lines, url: await address };
}

test('makes its key, serves, and ends on SIGTERM with 0', async () => {
  const { child, exited, lines, url } = await startProcess();
  const key = (await readFile(join(home, 'admin.key'), 'utf8')).trim();
  expect(key).toMatch(/^nova_[\w-]{43}$/);
  expect((await stat(join(home, 'admin.key'))).mode & 0o777).toBe(0o600);
  expect(new URL(url).hostname).toBe('127.0.0.1');
  expect((await callUrl(url, 'GET', '/v1/me', { key })).body.kind).toBe('admin');
  expect((await callUrl(url, 'GET', '/v1/me', { key: null })).status).toBe(401);
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  expect(lines.join('\n')).not.toContain(key);
});

test('does not log its key, not even where somebody put it into an address', async () => {
  const { child, exited, lines, url } = await startProcess({ NOVA_LOG_LEVEL: 'debug' });
  const key = (await readFile(join(home, 'admin.key'), 'utf8')).trim();
  await callUrl(url, 'GET', `/nowhere?with=${key}`);
  child.kill('SIGTERM');
  await exited;
  expect(lines.join('\n')).toContain('/nowhere?with=');
  expect(lines.join('\n')).not.toContain(key);
});

test('refuses to start with a key that is too short, and says so', async () => {
  await writeFile(join(home, 'admin.key'), 'short\n');
  const main = join(import.meta.dirname, '../src/main.ts');
  const child = spawn(process.execPath, ['--conditions=source', main], {
    env: { ...bareEnvironment(), NOVA_BROKER_URL: broker.url, NOVA_HOME: home, NOVA_HTTP_PORT: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, 'close');
  expect(code).not.toBe(0);
  expect(said).toContain('at least 16');
});

describe('the admin key', () => {
  const source = (fields: object = {}) => ({ key: undefined, home, ...fields });

  test('is made once, also when several start together', async () => {
    const keys = await Promise.all(Array.from({ length: 10 }, () => loadAdminKey(source())));
    expect(new Set(keys.map(({ key }) => key)).size).toBe(1);
    expect(keys[0]).toMatchObject({ origin: join(home, 'admin.key'), warning: undefined });
  });

  test('comes from the environment before that, from a file or as it is, but not both', async () => {
    const file = join(home, 'other.key');
    await writeFile(file, 'a-key-of-the-operator\n', { mode: 0o600 });
    const given = { NOVA_BROKER_URL: broker.url, NOVA_ADMIN_KEY_FILE: file };
    const key = loadEnv(gatewayEnv, given).NOVA_ADMIN_KEY;
    expect(await loadAdminKey(source({ key }))).toMatchObject({
      ...{ key: 'a-key-of-the-operator', origin: 'NOVA_ADMIN_KEY' },
    });
    expect(() => loadEnv(gatewayEnv, { ...given, NOVA_ADMIN_KEY: 'another-key-altogether' })).toThrow(
      'either NOVA_ADMIN_KEY or NOVA_ADMIN_KEY_FILE, not both',
    );
  });

  test('is warned of when others may read it', async () => {
    const { origin } = await loadAdminKey(source());
    await chmod(origin, 0o644);
    expect((await loadAdminKey(source())).warning).toContain('chmod 600');
  });

  test('must be long enough', async () => {
    await expect(loadAdminKey(source({ key: 'short' }))).rejects.toThrow('at least 16');
    await expect(loadAdminKey(source({ home: join(home, 'admin.key', 'x') }))).resolves.toBeTruthy();
  });
});
