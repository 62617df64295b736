import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { eventually } from '@nova-torch/testing';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { type CollaborationRig, send, startRig } from './support/collaboration-rig.ts';

let rig: CollaborationRig;
const children: ChildProcess[] = [];

// Starting a process takes long on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 90_000 });

beforeAll(async () => {
  rig = await startRig();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  await rig.stop();
});

function startProcess(env: Record<string, string>): ChildProcess {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=source', main], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

async function addressOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output');
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, address } = JSON.parse(line) as { msg: string; address?: string };
    if (msg === 'listening' && address !== undefined) return address;
  }
  throw new Error('it ended before it listened');
}

it('runs as a process: ready, at work, measured, and ends properly when asked to', async () => {
  const child = startProcess({ NOVA_BROKER_URL: rig.server.url, NOVA_INSTANCE: 'collaboration-test' });
  const address = await addressOf(child);
  await eventually(async () => (await fetch(`${address}/health/ready`)).status === 200, {
    timeoutMs: 20_000,
  });
  const agent = await rig.registry.join();
  expect(await rig.sent(send(agent, 'hello'))).toMatchObject({ recipients: [{ state: 'queued' }] });
  const metrics = await (await fetch(`${address}/metrics`)).text();
  expect(metrics).toMatch(/nova_torch_collaboration_messages_total\{outcome="sent".*\} 1/);
  const since = performance.now();
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  expect(performance.now() - since).toBeLessThan(10_000);
});

it('says which variable is wrong and does not start', async () => {
  const child = startProcess({
    NOVA_BROKER_URL: rig.server.url,
    NOVA_MESSAGES_MAX: 'many',
  });
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, 'close');
  expect(code).not.toBe(0);
  expect(said).toContain('NOVA_MESSAGES_MAX');
});
