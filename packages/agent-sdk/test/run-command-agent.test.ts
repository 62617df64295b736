// The host of a command agent in this process; test/command-agent.test.ts has it in a process of its own.
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newSpawnId } from '@nova-torch/protocol';
import { eventually, startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processStart } from '../src/command/process-tree.ts';
import { isSupervisorAlive } from '../src/command/supervisor-watch.ts';
import { type RunCommandAgentOptions, runCommandAgent, streamsTransport } from '../src/index.ts';
import { processesWith } from './command-host.ts';
import { Platform } from './platform.ts';

const PATIENT = { timeoutMs: 20_000 };
let broker: TestBroker;
let platform: Platform;
let directory: string;

beforeAll(async () => {
  broker = await startTestBroker();
  platform = await Platform.open({ brokerUrl: broker.url });
  directory = mkdtempSync(join(tmpdir(), 'nova-torch-host-'));
});
afterAll(async () => {
  await platform.close();
  await broker.stop();
  rmSync(directory, { recursive: true, force: true });
});

function run(script: string, options: Partial<RunCommandAgentOptions> = {}) {
  const lines: Record<string, unknown>[] = [];
  const signals = new EventEmitter();
  const code = runCommandAgent({
    role: 'developer',
    command: ['/bin/sh', '-c', script],
    connect: streamsTransport({ brokerUrl: broker.url }),
    environment: { PATH: '/usr/bin:/bin' },
    graceMs: 60_000,
    write: (line) => lines.push(JSON.parse(line)),
    signals,
    ...options,
  });
  const logged = (msg: string) =>
    eventually(() => lines.find((line) => line.msg === msg) ?? false, {
      ...PATIENT,
      what: `the line ${msg}`,
    });
  return { code, lines, signals, logged };
}

async function writeSupervisor(file: string, fields: object): Promise<void> {
  const pid_start = await processStart(process.pid);
  writeFileSync(file, JSON.stringify({ pid: process.pid, pid_start, instance: 'spawner-1', ...fields }));
}

describe('the host of a command agent', { timeout: 60_000 }, () => {
  it('says when it is registered, drains on the first signal and ends with 0', async () => {
    const spawnId = newSpawnId(0, Date.now());
    const host = run('exit 0', { environment: { PATH: '/bin', NOVA_SPAWN_ID: spawnId } });
    const { agent_id } = await host.logged('registered');
    expect(platform.registrations.at(-1)).toMatchObject({ agent_id, spawn_id: spawnId });
    host.signals.emit('SIGTERM');
    expect(await host.code).toBe(0);
    expect(platform.left).toContain(agent_id);
    expect(host.signals.listenerCount('SIGTERM')).toBe(0);
  });

  it('kills at once on the second signal and says so in its code', async () => {
    const host = run(`trap '' TERM; echo up; while :; do sleep 0.1; done`);
    const { agent_id } = await host.logged('registered');
    const { task_id } = await platform.assign(agent_id as never);
    await host.logged('up');
    host.signals.emit('SIGINT');
    await host.logged('draining');
    host.signals.emit('SIGTERM');
    host.signals.emit('SIGTERM');
    expect(await host.code).toBe(143);
    expect(processesWith(`NOVA_TASK_ID=${task_id}`)).toEqual([]);
  });

  it('does not wait for a broker that is away when it is to be killed', async () => {
    const host = run(`echo up; sleep 1000`);
    const { agent_id } = await host.logged('registered');
    await platform.assign(agent_id as never);
    await host.logged('up');
    await broker.kill9();
    const startedAt = performance.now();
    host.signals.emit('SIGINT');
    host.signals.emit('SIGINT');
    expect(await host.code).toBe(130);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    await broker.restart();
  });

  it('goes on when there is a supervisor again', async () => {
    const file = join(directory, 'again.json');
    await writeSupervisor(file, {});
    const environment = { PATH: '/bin', NOVA_SUPERVISOR_FILE: file, NOVA_ORPHAN_GRACE_MS: '60000' };
    const host = run('exit 0', { environment });
    await host.logged('registered');
    rmSync(file);
    await host.logged('the supervisor is gone');
    await writeSupervisor(file, {});
    await host.logged('a supervisor is back');
    host.signals.emit('SIGTERM');
    expect(await host.code).toBe(0);
  });

  it('drains when there was no supervisor for too long', async () => {
    const file = join(directory, 'supervisor.json');
    await writeSupervisor(file, {});
    const environment = { PATH: '/bin', NOVA_SUPERVISOR_FILE: file, NOVA_ORPHAN_GRACE_MS: '500' };
    const host = run('exit 0', { environment });
    await host.logged('registered');
    await writeSupervisor(file, { pid_start: '1' });
    expect(await host.code).toBe(0);
    expect(host.lines.find(({ msg }) => msg === 'ended')).toMatchObject({ reason: 'the spawner is gone' });
  });

  it('rejects when its options are wrong', async () => {
    await expect(run('exit 0', { role: 'Not A Role' }).code).rejects.toThrow(TypeError);
  });

  it('knows a live supervisor by its pid and its start', async () => {
    const file = join(directory, 'other.json');
    expect(await isSupervisorAlive(file)).toBe(false);
    writeFileSync(file, 'no JSON');
    expect(await isSupervisorAlive(file)).toBe(false);
    await writeSupervisor(file, {});
    expect(await isSupervisorAlive(file)).toBe(true);
    await writeSupervisor(file, { pid_start: Number(await processStart(process.pid)) });
    expect(await isSupervisorAlive(file)).toBe(true);
    await writeSupervisor(file, { pid: 2 ** 22 + 1 });
    expect(await isSupervisorAlive(file)).toBe(false);
  });
});
