import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseBroker, hostEnvironment, prepareTestBroker } from '@nova-torch/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';

const kept = { ...process.env };
let bin: string;

beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), 'nova-torch-bin-'));
  process.env.PATH = bin;
  delete process.env.NOVA_TEST_BROKER;
  delete process.env.NOVA_BROKER_IMAGE;
});

afterEach(() => {
  process.env = { ...kept };
  rmSync(bin, { recursive: true });
});

function put(name: string, script = 'exit 0'): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
}

test('redis-server unless another broker is named, which is then taken or an error', () => {
  put('redis-server');
  expect(chooseBroker()).toEqual({ kind: 'process', server: 'redis', program: join(bin, 'redis-server') });
  process.env.NOVA_TEST_BROKER = 'dragonfly';
  expect(() => chooseBroker()).toThrow(/dragonfly is not on PATH/);
  put('dragonfly');
  expect(chooseBroker()).toMatchObject({ server: 'dragonfly' });
});

test('a container of NOVA_BROKER_IMAGE, or of Dragonfly', () => {
  expect(chooseBroker('docker')).toEqual({ kind: 'docker', image: expect.stringContaining('/dragonfly:') });
  process.env.NOVA_BROKER_IMAGE = 'redis:7';
  expect(chooseBroker('docker')).toEqual({ kind: 'docker', image: 'redis:7' });
});

test.runIf(process.getuid?.() === 0)(
  'before a test run redis-server is installed where it can be',
  async () => {
    const lines: string[] = [];
    put('apt-get', `printf '#!/bin/sh\\n' >${bin}/redis-server; /bin/chmod +x ${bin}/redis-server`);
    expect(await prepareTestBroker((line) => lines.push(line))).toMatchObject({ server: 'redis' });
    expect(lines[0]).toContain('installing redis-server with apt-get');
  },
);

test('where it cannot be, that is said with what to do', async () => {
  if (process.getuid?.() === 0) put('apt-get', 'echo "no network" >&2; exit 100');
  await expect(prepareTestBroker(() => undefined)).rejects.toThrow(/NOVA_TEST_BROKER=redis\|valkey/);
});

test('started services see of our environment only what they need', () => {
  process.env.NOVA_BROKER_URL = 'redis://elsewhere';
  expect(hostEnvironment()).toHaveProperty('PATH', bin);
  expect(hostEnvironment()).not.toHaveProperty('NOVA_BROKER_URL');
});
