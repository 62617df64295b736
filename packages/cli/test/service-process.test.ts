import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@nova-torch/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { startServiceProcess } from '../src/up/service-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'nova-service-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LISTENS = `console.log(JSON.stringify({ msg: 'listening', address: 'http://127.0.0.1:' + process.pid })); setInterval(() => {}, 1000);`;

function start(name: string, script: string) {
  const events: string[] = [];
  const service = startServiceProcess({
    name,
    command: process.execPath,
    args: ['-e', script],
    env: process.env,
    logFile: join(folder, `${name}.log`),
    onCrash: ({ how, lastLines }) => events.push(`crash: ${how}: ${lastLines.at(-1)}`),
    onRestarted: () => events.push('restarted'),
  });
  return { service, events };
}

describe('a service process', () => {
  it('tells its address, is started again after a crash, and stays down after stop', async () => {
    const { service, events } = start('steady', LISTENS);
    const first = service.pid ?? 0;
    expect(await service.firstAddress).toBe(`http://127.0.0.1:${first}`);
    process.kill(first, 'SIGKILL');
    await eventually(() => expect(events).toContain('restarted'));
    expect(events[0]).toContain('crash: ended by SIGKILL');
    expect(service.restarts).toBe(1);
    const second = service.pid ?? 0;
    await service.stop();
    expect(service.pid).toBeUndefined();
    expect(() => process.kill(second, 0)).toThrow();
    expect(readFileSync(join(folder, 'steady.log'), 'utf8').match(/listening/g)).toHaveLength(2);
  });

  it('that ends before it listens rejects with how, and shows its last lines', async () => {
    const { service, events } = start('broken', `console.error('no port left'); process.exit(7);`);
    await expect(service.firstAddress).rejects.toThrow('broken ended with code 7');
    await eventually(() => expect(events[0]).toBe('crash: ended with code 7: no port left'));
    await service.stop();
  });

  it('that cannot be started says so', async () => {
    const service = startServiceProcess({
      name: 'missing',
      command: '/nowhere/node',
      args: [],
      env: process.env,
      logFile: join(folder, 'missing.log'),
      onCrash: () => undefined,
      onRestarted: () => undefined,
    });
    await expect(service.firstAddress).rejects.toThrow('ENOENT');
    await service.stop();
  });
});
