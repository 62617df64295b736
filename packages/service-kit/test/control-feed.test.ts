// What operators tell all instances, with a real broker.
import { LogLevelSetV1, newMessage } from '@nova-torch/protocol';
import { eventually, startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { assembleService } from '../src/assemble-service.ts';
import { baseEnv, loadEnv } from '../src/env.ts';
import { openServiceBase } from '../src/service-base.ts';

let server: TestBroker;
beforeAll(async () => {
  server = await startTestBroker();
});
afterAll(() => server.stop());

async function start(instance: string) {
  const lines: string[] = [];
  const env = loadEnv(z.object(baseEnv), { NOVA_BROKER_URL: server.url, NOVA_INSTANCE: instance });
  const destination = { write: (line: string) => void lines.push(line) };
  const base = await openServiceBase(env, 'registry', { destination });
  const app = assembleService(base, { parts: {} });
  await app.start();
  return { base, app, lines };
}

test('changes the level of those it is for, of those that start later too, until its time is over', async () => {
  const [one, two] = [await start('registry-one'), await start('registry-two')];
  const { broker, producer, streams } = one.base;
  const tell = (fields: { service?: string; instance?: string; level: 'debug' | 'warn' }, forMs: number) => {
    const nowMs = broker.serverNowMs();
    const payload = { ...fields, until_ms: nowMs + forMs, by: 'admin' };
    const head = { sender: 'gateway-1', target: 'all', nowMs };
    return producer.publish(streams.control, newMessage(LogLevelSetV1, payload, head));
  };
  await tell({ service: 'spawner', level: 'warn' }, 60_000);
  await tell({ service: 'registry', instance: 'registry-two', level: 'debug' }, 60_000);
  await eventually(() => expect(two.base.logger.level).toBe('debug'));
  expect(one.base.logger.level).toBe('info');
  expect(two.lines.join('')).toContain('the log level was changed');
  two.base.logger.debug('now it is told');
  expect(two.lines.at(-1)).toContain('now it is told');

  // A restarted instance does as it was told before.
  await two.app.stop();
  const again = await start('registry-two');
  await eventually(() => expect(again.base.logger.level).toBe('debug'));
  // Its HTTP server has a logger of its own, which follows.
  await fetch(`${again.app.address()}/nothing`);
  await eventually(() => expect(again.lines.join('')).toContain('request answered'));

  await tell({ level: 'warn' }, 2_000);
  // Told by what was logged: it may be over again before anyone looks.
  for (const { lines } of [one, again]) {
    await eventually(() => expect(lines.join('')).toContain('"log_level":"warn"'));
  }
  await eventually(() => expect([one.base.logger.level, again.base.logger.level]).toEqual(['info', 'info']));
  await Promise.all([one.app.stop(), again.app.stop()]);
});
