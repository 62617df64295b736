import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownStart, startOf } from '../runtime/process-table.ts';
import { HomeTakenError, openSpawnerHome, takeHome } from './spawner-home.ts';

describe('the home of a spawner', () => {
  let home: string;
  const self = { pid: process.pid, pid_start: ownStart(), instance: 'spawner-a', host: 'here' };
  const supervisor = () => JSON.parse(readFileSync(join(home, 'spawner/0.json'), 'utf8'));

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'nova-torch-home-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('has one owner for good, one for each partition', () => {
    const { owner } = openSpawnerHome(home, 0, self);
    expect(owner).toMatch(/^home-[0-9a-f]{16}$/);
    expect(openSpawnerHome(home, 0, { ...self, instance: 'spawner-b' }).owner).toBe(owner);
    expect(openSpawnerHome(home, 1, self).owner).not.toBe(owner);
    writeFileSync(join(home, 'spawner/0.owner'), '');
    expect(() => openSpawnerHome(home, 0, self)).toThrow('is empty');
  });

  it('is refused to a second one, by the name of the first, until that gives it back', () => {
    const first = openSpawnerHome(home, 0, self);
    first.lock();
    const second = openSpawnerHome(home, 0, { ...self, instance: 'spawner-b' });
    expect(() => second.lock()).toThrow(HomeTakenError);
    expect(() => second.lock()).toThrow(`the spawner spawner-a (pid ${process.pid}) already runs on ${home}`);
    second.unlock();
    expect(() => second.lock()).toThrow(HomeTakenError);
    first.unlock();
    second.lock();
    expect(second.mayBeElsewhere()).toBe(false);
    expect(readdirSync(join(home, 'spawner')).sort()).toEqual(['0.lock', '0.owner']);
  });

  it('is taken over from one that was killed, and from one whose pid another process has', async () => {
    const child = spawn('sleep', ['60']);
    const pid = child.pid ?? 0;
    const start = startOf(pid) ?? '';
    openSpawnerHome(home, 0, { pid, pid_start: start, instance: 'killed', host: 'here' }).lock();
    const next = openSpawnerHome(home, 0, self);
    expect(() => next.lock()).toThrow('the spawner killed');
    child.kill('SIGKILL');
    await once(child, 'exit');
    next.lock();
    next.unlock();
    openSpawnerHome(home, 0, { ...self, pid_start: '1', instance: 'of old' }).lock();
    next.lock();
  });

  it('tells the agents who watches them, unless a spawner elsewhere may still do so', () => {
    const env = { NOVA_HOME: home, NOVA_PARTITION: 0, NOVA_INSTANCE: 'spawner-a', SPAWNER_HOST: 'here' };
    takeHome(env);
    expect(supervisor()).toEqual({ pid: process.pid, pid_start: ownStart(), instance: 'spawner-a' });
    const other = takeHome({ ...env, NOVA_INSTANCE: 'spawner-b', SPAWNER_HOST: 'there' });
    expect(other.mayBeElsewhere()).toBe(true);
    expect(supervisor().instance).toBe('spawner-a');
    other.announce();
    expect(supervisor().instance).toBe('spawner-b');
  });

  it('says which directory cannot be used', () => {
    const file = join(home, 'a-file');
    writeFileSync(file, '');
    const env = { NOVA_HOME: file, NOVA_PARTITION: 0, NOVA_INSTANCE: 'spawner-a', SPAWNER_HOST: 'here' };
    expect(() => takeHome(env)).toThrow(`NOVA_HOME is "${file}", expected a usable directory: `);
  });

  it('does not take a damaged lock for a holder', () => {
    const first = openSpawnerHome(home, 0, self);
    writeFileSync(join(home, 'spawner/0.lock'), '{"pid":');
    first.lock();
    expect(JSON.parse(readFileSync(join(home, 'spawner/0.lock'), 'utf8'))).toEqual(self);
  });
});
