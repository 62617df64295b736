import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { eventually, type ServiceProcess, startServiceProcess } from '@nova-torch/testing';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { type RegistryRig, startRig } from './support/registry-rig.ts';

let rig: RegistryRig;
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

const start = (env: Record<string, string>): ServiceProcess => {
  const started = startServiceProcess(join(import.meta.dirname, '../src/main.ts'), env);
  children.push(started.child);
  return started;
};

it('runs as a process: ready, at work, measured, and ends properly when asked to', async () => {
  const { child, address: listening } = start({
    NOVA_BROKER_URL: rig.server.url,
    NOVA_INSTANCE: 'registry-test',
  });
  const address = await listening;
  await eventually(async () => (await fetch(`${address}/health/ready`)).status === 200, {
    timeoutMs: 20_000,
  });
  expect(await rig.register()).toMatchObject({ status: 'idle' });
  const metrics = await (await fetch(`${address}/metrics`)).text();
  expect(metrics).toMatch(/nova_torch_registry_changes_total\{event="agent.joined.v1".*\} 1/);
  const since = performance.now();
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  expect(performance.now() - since).toBeLessThan(10_000);
});

it('says which variable is wrong and does not start', async () => {
  const { child, said } = start({
    NOVA_BROKER_URL: rig.server.url,
    NOVA_SUSPECT_AFTER: '5',
    NOVA_FAILED_AFTER: '4',
  });
  const [code] = await once(child, 'close');
  expect(code).not.toBe(0);
  expect(said()).toContain('NOVA_FAILED_AFTER');
});
