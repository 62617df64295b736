import { openBroker } from '@nova-torch/streams';
import { freePort, startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ServiceProcess } from './service-process.ts';

let broker: TestBroker;
beforeAll(async () => {
  broker = await startTestBroker();
});
afterAll(() => broker.stop());

const processes: ServiceProcess[] = [];
afterEach(async () => {
  await Promise.all(processes.splice(0).map((one) => one.end()));
});

function start(env: Record<string, string> = {}): ServiceProcess {
  const one = new ServiceProcess({ NOVA_BROKER_URL: broker.url, ...env });
  processes.push(one);
  return one;
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  'says where it listens, works, and ends with 0 on %s',
  async (signal) => {
    const service = start({ NOVA_INSTANCE: 'registry-test', NOVA_HTTP_PROT: '1' });
    const { address } = await service.logged('listening');
    const ready = await fetch(`${address}/health/ready`);
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { status: 'ready', service: 'registry', instance: 'registry-test', missing: [] },
    ]);
    await service.logged('started');
    service.signal(signal);
    expect(await service.exited).toEqual({ code: 0, signal: null });
    expect(service.stderr).toBe('');
    expect(service.events()).toContainEqual(
      expect.objectContaining({ level: 'warn', variable: 'NOVA_HTTP_PROT', did_you_mean: 'NOVA_HTTP_PORT' }),
    );
    expect(service.events().at(-1)).toMatchObject({ msg: 'stopped', failed: [] });
  },
);

test('a part that hangs is named, and the process ends with 1', async () => {
  const service = start({ NOVA_TEST_FAULT: 'hang', TEST_STOP_DEADLINE_MS: '500' });
  await service.logged('started');
  service.signal('SIGTERM');
  expect(await service.exited).toEqual({ code: 1, signal: null });
  expect(service.stderr).toMatch(/^registry: not stopped within 500 ms, hanging: loop sticky, /);
});

test('a second signal ends it at once', async () => {
  const service = start({ NOVA_TEST_FAULT: 'hang', TEST_STOP_DEADLINE_MS: '60000' });
  await service.logged('started');
  service.signal('SIGTERM');
  await service.logged('stopping');
  service.signal('SIGTERM');
  expect(await service.exited).toEqual({ code: 143, signal: null });
});

test.each([
  ['reject', 'nobody handles this'],
  ['throw', 'nobody catches this'],
])('an error nobody takes (%s) is a fatal line with its stack, and code 1', async (fault, text) => {
  const service = start({ NOVA_TEST_FAULT: fault });
  expect(await service.exited).toEqual({ code: 1, signal: null });
  expect(service.stderr).toBe(`registry: ${text}\n`);
  const fatal = service.events().find(({ level }) => level === 'fatal');
  expect(fatal).toMatchObject({ service: 'registry', err: { message: text } });
});

test('a broker that is not there: one line, code 69', async () => {
  const port = await freePort();
  const service = start({
    NOVA_BROKER_URL: `redis://:hunter2@127.0.0.1:${port}`,
    NOVA_WAIT_FOR_BROKER_MS: '300',
  });
  expect(await service.exited).toEqual({ code: 69, signal: null });
  expect(service.stderr).toMatch(new RegExp(`^registry: .*127\\.0\\.0\\.1:${port}.*\\n$`));
  expect(service.stderr + service.stdout).not.toContain('hunter2');
});

test('a wrong password: one line, code 78, without waiting', async () => {
  const secured = broker.url.replace('redis://', 'redis://nobody:hunter2@');
  const service = start({ NOVA_BROKER_URL: secured, NOVA_WAIT_FOR_BROKER_MS: '60000' });
  expect(await service.exited).toEqual({ code: 78, signal: null });
  expect(service.stderr.trim().split('\n')).toHaveLength(1);
  expect(service.stderr + service.stdout).not.toContain('hunter2');
});

test('a broker that would lose messages: one line that names the failed check, code 78', async () => {
  const observer = await openBroker({ url: broker.url, name: 'observer' });
  await observer.call('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
  const service = start();
  const ending = await service.exited;
  await observer.call('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  await observer.close();
  expect(ending).toEqual({ code: 78, signal: null });
  expect(service.stderr).toMatch(/^registry: the broker failed the check 'no-eviction': .*allkeys-lru.*\n$/);
});

test('a wrong configuration: every problem in one line, code 78, before anything starts', async () => {
  const service = start({ NOVA_BROKER_URL: 'localhost', NOVA_HTTP_PORT: 'http' });
  expect(await service.exited).toEqual({ code: 78, signal: null });
  expect(service.stderr).toMatch(
    /^registry: configuration: NOVA_BROKER_URL is "localhost".*NOVA_HTTP_PORT is "http".*\n$/,
  );
  expect(service.stdout).toBe('');
});

test('a port that is taken: one line, code 78', async () => {
  const first = start();
  const { address } = await first.logged('listening');
  const second = start({ NOVA_HTTP_PORT: new URL(String(address)).port });
  expect(await second.exited).toEqual({ code: 78, signal: null });
  expect(second.stderr).toContain('EADDRINUSE');
});
