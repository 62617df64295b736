// What is built starts: compiled code, with its scripts and YAML beside it, run by plain Node without the sources.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findInstallation } from '@nova-torch/cli/installation';
import { SERVICES, type ServiceName } from '@nova-torch/protocol';
import { eventually, startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const installation = findInstallation(join(root, 'packages/cli/dist/installation.js'));
const home = mkdtempSync(join(tmpdir(), 'nova-built-'));
let broker: TestBroker;

beforeAll(async () => {
  const build = spawn('pnpm', ['build', '--output-logs=errors-only'], { cwd: root, stdio: 'inherit' });
  const [code] = await once(build, 'exit');
  expect(code).toBe(0);
  broker = await startTestBroker();
}, 120_000);

afterAll(async () => {
  await broker?.stop();
  rmSync(home, { recursive: true, force: true });
});

async function startBuilt(service: ServiceName) {
  const child = spawn(process.execPath, [installation.serviceEntry(service)], {
    env: {
      PATH: process.env.PATH,
      NOVA_HOME: home,
      NOVA_BROKER_URL: broker.url,
      NOVA_HTTP_PORT: '0',
      SPAWNER_ON_STOP: 'terminate',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const address = Promise.withResolvers<string>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.includes('"listening"')) address.resolve((JSON.parse(line) as { address: string }).address);
  });
  child.once('exit', (code) => address.reject(new Error(`${service} ended with ${code}`)));
  return { child, address: await address.promise };
}

describe('the built services', () => {
  it('become ready, together, and end with 0', { timeout: 60_000 }, async () => {
    const running = await Promise.all(SERVICES.map(startBuilt));
    for (const { address } of running) {
      await eventually(async () => expect((await fetch(`${address}/health/ready`)).status).toBe(200), {
        timeoutMs: 30_000,
      });
    }
    for (const { child } of running) child.kill('SIGTERM');
    const codes = await Promise.all(
      running.map(async ({ child }) => child.exitCode ?? (await once(child, 'exit'))[0]),
    );
    expect(codes).toEqual(SERVICES.map(() => 0));
  });

  it('have everything beside them that their sources have', () => {
    expect(existsSync(installation.cliEntry)).toBe(true);
    expect(installation.nodeFlags).toEqual([]);
  });
});
