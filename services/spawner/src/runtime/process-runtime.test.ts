// Real processes: what is started lives on its own, and what is ended is ended whole, proven by /proc.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newSpawnId } from '@nova-torch/protocol';
import { eventually } from '@nova-torch/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExitFacts } from '../domain/spawn.ts';
import { createMarkedProcesses } from './marked-processes.ts';
import { createProcessRuntime } from './process-runtime.ts';
import { isSameProcess, ownStart, readEnvironment, readProcess, startOf } from './process-table.ts';
import type { ProcessHandle, Runtime } from './runtime.ts';

const PATH = '/usr/local/bin:/usr/bin:/bin';

describe('the process runtime', () => {
  let home: string;
  let runtime: Runtime;
  let started: ProcessHandle[];
  const marked = createMarkedProcesses();

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'nova-torch-runtime-'));
    runtime = createProcessRuntime(marked);
    started = [];
  });
  afterEach(async () => {
    for (const handle of started) await runtime.stop(handle, { graceMs: 0, force: true });
    rmSync(home, { recursive: true, force: true });
  });

  const livingOf = (spawnId: string) => marked.look().get(spawnId) ?? [];
  const logFile = () => join(home, 'logs', 'agent.log');
  const log = () => readFileSync(logFile(), 'utf8');
  const start = async (script: string, env: Record<string, string> = {}) => {
    const spawnId = newSpawnId(0, Date.now());
    const handle = await runtime.start({
      spawnId,
      command: ['bash', '-c', script],
      env: { PATH, NOVA_SPAWN_ID: spawnId, ...env },
      cwd: home,
      logFile: logFile(),
    });
    started.push(handle);
    return handle;
  };
  const exitOf = (handle: ProcessHandle, by: Runtime = runtime) =>
    new Promise<ExitFacts>((resolve) => {
      by.watch(handle, resolve);
    });

  it('starts a process in a session of its own, with exactly the given environment and the log as output', async () => {
    const handle = await start('echo out; echo err >&2; exec sleep 60', { ONE: '1' });
    await eventually(() => log() === 'out\nerr\n');
    expect(readProcess(handle.pid)).toMatchObject({
      session: handle.pid,
      pgrp: handle.pid,
      start: handle.pidStart,
    });
    await eventually(() => {
      const names = [...(readEnvironment(handle.pid)?.keys() ?? [])].sort();
      expect(names.filter((name) => !['PWD', 'SHLVL', '_'].includes(name))).toEqual([
        'NOVA_SPAWN_ID',
        'ONE',
        'PATH',
      ]);
    });
    expect(runtime.isAlive(handle)).toBe(true);
    expect(runtime.isAlive({ ...handle, pidStart: '1' })).toBe(false);
  });

  it('tells exit codes and signals, also when the process ended before it is watched', async () => {
    const quick = await start('exit 3');
    await eventually(() => !runtime.isAlive(quick));
    expect(await exitOf(quick)).toEqual({ code: 3, signal: null });
    const killed = await start('kill -9 $$');
    expect(await exitOf(killed)).toEqual({ code: null, signal: 'SIGKILL' });
    expect(runtime.isAlive(killed)).toBe(false);
  });

  it('watches a process that is not its child by pid and start time', async () => {
    const handle = await start('read -t 60 < <(sleep 60)');
    const other = createProcessRuntime();
    expect(other.isAlive(handle)).toBe(true);
    const exit = exitOf(handle, other);
    process.kill(handle.pid, 'SIGKILL');
    expect(await exit).toEqual({});
  });

  it('tells nobody after the watching has ended', async () => {
    const handle = await start('exec sleep 60');
    const other = createProcessRuntime();
    const told: ExitFacts[] = [];
    const endOwn = runtime.watch(handle, (exit) => told.push(exit));
    const endAdopted = other.watch(handle, (exit) => told.push(exit));
    endOwn();
    endAdopted();
    await runtime.stop(handle, { graceMs: 0, force: true });
    const later = await start('exit 0');
    await exitOf(later);
    expect(told).toEqual([]);
  });

  it('refuses what cannot be started, and leaves nothing behind', async () => {
    const spec = { spawnId: newSpawnId(0, 1), env: { PATH }, cwd: home, logFile: logFile() };
    await expect(runtime.start({ ...spec, command: ['/no/such/program'] })).rejects.toThrow(
      /no\/such\/program.*ENOENT/,
    );
    await expect(runtime.start({ ...spec, command: ['true'], cwd: '/no/such/dir' })).rejects.toThrow(
      /no\/such\/dir/,
    );
    await expect(runtime.start({ ...spec, command: [] })).rejects.toThrow('empty');
  });

  it('ends a polite process politely, and is harmless when repeated', async () => {
    const handle = await start('trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.05; done');
    await eventually(() => log().includes('up'));
    expect(await runtime.stop(handle, { graceMs: 5_000, force: false })).toEqual({ how: 'ended', killed: 0 });
    expect(log()).toContain('bye');
    expect(await runtime.stop(handle, { graceMs: 5_000, force: false })).toEqual({
      how: 'already-gone',
      killed: 0,
    });
  });

  it('ends children that ignore the signal, leave the session, double-fork or drop their parent', async () => {
    const handle = await start(`
      trap '' TERM
      bash -c "trap '' TERM; while :; do sleep 0.2; done" &
      setsid bash -c "trap '' TERM; while :; do sleep 0.2; done" &
      (setsid sh -c 'sleep 300 & sleep 301 & exit 0' &)
      (nohup sleep 302 > /dev/null 2>&1 &)
      echo up; while :; do sleep 0.2; done`);
    await eventually(() => expect(livingOf(handle.spawnId).length).toBeGreaterThanOrEqual(6));
    const outcome = await runtime.stop(handle, { graceMs: 300, force: false });
    expect(outcome.how).toBe('killed');
    expect(livingOf(handle.spawnId)).toEqual([]);
  });

  it('ends descendants that cleared their environment, seen once beside their parent', async () => {
    const handle = await start('env -i /bin/sh -c "sleep 303 & sleep 304"; echo never');
    await eventually(() => expect(livingOf(handle.spawnId).length).toBe(4));
    process.kill(handle.pid, 'SIGKILL');
    await eventually(() => !isSameProcess(handle.pid, handle.pidStart));
    const orphans = livingOf(handle.spawnId);
    // A second pair of eyes that has never seen the parent finds nothing: the mark is gone from them.
    expect(createMarkedProcesses().look().get(handle.spawnId)).toBeUndefined();
    expect(orphans.length).toBe(3);
  });

  it('sweeps what outlives its host, without knowing the host', async () => {
    const handle = await start('setsid sleep 305 & exec sleep 306');
    await eventually(() => expect(livingOf(handle.spawnId).length).toBe(2));
    process.kill(handle.pid, 'SIGKILL');
    await eventually(() => !isSameProcess(handle.pid, handle.pidStart));
    const outcome = await runtime.stop({ spawnId: handle.spawnId }, { graceMs: 2_000, force: false });
    expect(outcome).toEqual({ how: 'ended', killed: 0 });
    expect(livingOf(handle.spawnId)).toEqual([]);
  });

  it('ends at once when forced', async () => {
    const handle = await start('trap "echo bye" TERM; echo up; while :; do sleep 0.05; done');
    await eventually(() => log().includes('up'));
    expect(await runtime.stop(handle, { graceMs: 60_000, force: true })).toMatchObject({ how: 'killed' });
    expect(log()).not.toContain('bye');
  });

  it('never touches a process that got the same pid later, nor itself', async () => {
    const bystander = await start('exec sleep 60');
    const stale = { spawnId: newSpawnId(0, 2), pid: bystander.pid, pidStart: '1' };
    expect(await runtime.stop(stale, { graceMs: 0, force: true })).toEqual({
      how: 'already-gone',
      killed: 0,
    });
    expect(runtime.isAlive(bystander)).toBe(true);
    expect(ownStart()).toBe(startOf(process.pid));
    const spared = createMarkedProcesses(bystander.pid).look();
    expect(spared.get(bystander.spawnId)).toBeUndefined();
  });
});
