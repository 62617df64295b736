// The gateway as a process: its key, its readiness, its end.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loadAdminKey } from '../src/auth/admin-key.ts';
import { callUrl } from './support/gateway.ts';

let broker: TestBroker;
let home: string;
beforeAll(async () => {
  broker = await startTestBroker();
});
afterAll(() => broker.stop());
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'nova-torch-gateway-process-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function startProcess() {
  const main = join(import.meta.dirname, '../src/main.ts');
  const child = spawn(process.execPath, ['--conditions=source', main], {
    env: { PATH: process.env.PATH, NOVA_BROKER_URL: broker.url, NOVA_HOME: home, NOVA_HTTP_PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
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

test('refuses to start with a key that is too short, and says so', async () => {
  await writeFile(join(home, 'admin.key'), 'short\n');
  const main = join(import.meta.dirname, '../src/main.ts');
  const child = spawn(process.execPath, ['--conditions=source', main], {
    env: { PATH: process.env.PATH, NOVA_BROKER_URL: broker.url, NOVA_HOME: home, NOVA_HTTP_PORT: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, 'exit');
  expect(code).not.toBe(0);
  expect(said).toContain('at least 16');
});

describe('the admin key', () => {
  const source = (fields: object = {}) => ({ key: undefined, keyFile: undefined, home, ...fields });

  test('is made once, also when several start together', async () => {
    const keys = await Promise.all(Array.from({ length: 10 }, () => loadAdminKey(source())));
    expect(new Set(keys.map(({ key }) => key)).size).toBe(1);
    expect(keys[0]).toMatchObject({ origin: join(home, 'admin.key'), warning: undefined });
  });

  test('comes from the environment or a file before that', async () => {
    const file = join(home, 'other.key');
    await writeFile(file, 'a-key-of-the-operator\n', { mode: 0o600 });
    expect((await loadAdminKey(source({ keyFile: file }))).key).toBe('a-key-of-the-operator');
    const given = await loadAdminKey(source({ key: 'given-by-environment', keyFile: file }));
    expect(given).toMatchObject({ key: 'given-by-environment', origin: 'NOVA_ADMIN_KEY' });
    await chmod(file, 0o644);
    expect((await loadAdminKey(source({ keyFile: file }))).warning).toContain('chmod 600');
  });

  test('must be readable and long enough', async () => {
    await expect(loadAdminKey(source({ keyFile: join(home, 'none') }))).rejects.toThrow('ENOENT');
    await expect(loadAdminKey(source({ key: 'short' }))).rejects.toThrow('at least 16');
    await expect(loadAdminKey(source({ home: join(home, 'admin.key', 'x') }))).resolves.toBeTruthy();
  });
});
