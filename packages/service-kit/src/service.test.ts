import { expect, test } from 'vitest';
import { createService, startAll, stopAll } from './service.ts';
import { stressService } from './testing/stress-service.ts';

function recorded(name: string, log: string[], options: { failStart?: boolean; failStop?: boolean } = {}) {
  return createService({
    name,
    async start() {
      await Promise.resolve();
      log.push(`start ${name}`);
      if (options.failStart) throw new Error(`${name} cannot start`);
    },
    async stop() {
      await Promise.resolve();
      log.push(`stop ${name}`);
      if (options.failStop) throw new Error(`${name} cannot stop`);
    },
  });
}

test('withstands every order of start and stop', async () => {
  let running = 0;
  const service = createService({
    name: 'counted',
    start() {
      running += 1;
    },
    async stop() {
      await Promise.resolve();
      running -= 1;
    },
  });
  await stressService(service, () => {
    expect(running).toBeGreaterThanOrEqual(0);
    expect(running).toBeLessThanOrEqual(1);
    return running === 1;
  });
});

test('a start that fails leaves the service stopped, and it may be started again', async () => {
  const log: string[] = [];
  let failing = true;
  const service = createService({
    name: 'moody',
    start() {
      log.push('start');
      if (failing) throw new Error('not yet');
    },
    stop: () => void log.push('stop'),
  });
  await expect(service.start()).rejects.toThrow('not yet');
  await service.stop();
  failing = false;
  await service.start();
  await service.stop();
  expect(log).toEqual(['start', 'start', 'stop']);
});

test('services start in order and stop in reverse', async () => {
  const log: string[] = [];
  const services = ['a', 'b'].map((name) => [name, recorded(name, log)] as const);
  await startAll(services);
  const told: string[] = [];
  expect(await stopAll(services, (name) => told.push(name))).toEqual({ failed: [] });
  expect(log).toEqual(['start a', 'start b', 'stop b', 'stop a']);
  expect(told).toEqual(['b', 'a']);
});

test('if one does not start, those before it are stopped and the error is thrown', async () => {
  const log: string[] = [];
  const services = [
    ['a', recorded('a', log)],
    ['b', recorded('b', log, { failStart: true })],
    ['c', recorded('c', log)],
  ] as const;
  await expect(startAll(services)).rejects.toThrow('b cannot start');
  expect(log).toEqual(['start a', 'start b', 'stop a']);
});

test('one that does not stop is reported and does not keep the others', async () => {
  const log: string[] = [];
  const services = [
    ['a', recorded('a', log)],
    ['b', recorded('b', log, { failStop: true })],
  ] as const;
  await startAll(services);
  const { failed } = await stopAll(services);
  expect(failed).toEqual([{ name: 'b', error: new Error('b cannot stop') }]);
  expect(log.at(-1)).toBe('stop a');
});
