import { codec, streamKeys } from '@nova-torch/protocol';
import { asEntries, type Broker, openBroker } from '@nova-torch/streams';
import { eventually, startOtlpReceiver, startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { assembleService } from '../src/assemble-service.ts';
import { baseEnv, loadEnv } from '../src/env.ts';
import { createLogger } from '../src/logger.ts';
import { createService } from '../src/service.ts';
import { openServiceBase } from '../src/service-base.ts';
import { observeStreamDepth } from '../src/stream-depth.ts';
import { waitForBroker } from '../src/wait-for-broker.ts';

let server: TestBroker;
let observer: Broker;
beforeAll(async () => {
  server = await startTestBroker();
  observer = await openBroker({ url: server.url, name: 'observer' });
});
afterAll(async () => {
  await observer.close();
  await server.stop();
});

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await server.flush();
});

const envOf = (more: Record<string, string> = {}) =>
  loadEnv(z.object(baseEnv), { NOVA_BROKER_URL: server.url, NOVA_LOG_LEVEL: 'debug', ...more });

async function setup(more: Record<string, string> = {}) {
  const lines: string[] = [];
  const base = await openServiceBase(envOf(more), 'registry', {
    destination: { write: (line) => void lines.push(line) },
  });
  cleanups.push(() => base.close());
  return { base, lines };
}

async function statuses() {
  const entries = asEntries(await observer.call('XRANGE', streamKeys(0).monitoring, '-', '+'));
  return entries.map(({ fields }) => {
    const decoded = codec.decode(fields.m ?? '');
    if (!decoded.ok || decoded.message.type !== 'service.status.v1')
      throw new Error(`not a status: ${fields.m}`);
    return decoded.message;
  });
}

test('an assembled service starts its parts in order, tells its status, and stops them in reverse with a last word', async () => {
  const { base } = await setup({ NOVA_INSTANCE: 'registry-a' });
  const order: string[] = [];
  const part = (name: string) =>
    createService({
      name,
      start: () => void order.push(`start ${name}`),
      stop: () => void order.push(`stop ${name}`),
    });
  const app = assembleService(base, {
    parts: { one: part('one'), two: part('two') },
    load: () => ({ agents: 3 }),
  });
  await app.start();
  const address = app.address();
  expect(await (await fetch(`${address}/metrics`)).text()).toContain(
    'nova_torch_broker_connections{purpose="main"',
  );

  await eventually(async () => expect(await statuses()).toHaveLength(1));
  expect((await statuses())[0]).toMatchObject({
    sender: 'registry-a',
    payload: {
      service: 'registry',
      instance: 'registry-a',
      ready: true,
      stopping: false,
      address,
      load: { agents: 3 },
    },
  });
  await app.stop();
  await app.stop();
  expect(order).toEqual(['start one', 'start two', 'stop two', 'stop one']);
  expect((await statuses()).at(-1)?.payload).toMatchObject({ ready: false, stopping: true });
  expect(app.describe()).toEqual([]);
  expect(base.broker.status().connected).toBe(false);
});

test('a part that does not start stops those before it, and the base is closed', async () => {
  const { base } = await setup();
  let stopped = false;
  const good = createService({
    name: 'good',
    start: () => undefined,
    stop() {
      stopped = true;
    },
  });
  const bad = createService({
    name: 'bad',
    start: () => Promise.reject(new Error('no')),
    stop: () => undefined,
  });
  await expect(assembleService(base, { parts: { good, bad } }).start()).rejects.toThrow('no');
  expect(stopped).toBe(true);
  expect(base.broker.status().connected).toBe(false);
});

test('a part that does not stop is logged by name and does not keep the rest', async () => {
  const { base, lines } = await setup();
  const bad = createService({
    name: 'bad',
    start: () => undefined,
    stop: () => Promise.reject(new Error('stuck')),
  });
  const app = assembleService(base, { parts: { 'loop bad': bad } });
  await app.start();
  await app.stop();
  expect(lines.some((line) => line.includes('"part":"loop bad"') && line.includes('stuck'))).toBe(true);
  expect(base.broker.status().connected).toBe(false);
});

test('readiness follows the broker, and the status of a service without a broker is a matter of the log', async () => {
  const { base } = await setup();
  const app = assembleService(base, { parts: {} });
  await app.start();
  expect(base.health.report()).toEqual({ ready: true, missing: [] });
  await server.kill9();
  await eventually(() => expect(base.health.report().missing).toEqual(['broker: not connected']));
  expect((await fetch(`${app.address()}/health/ready`)).status).toBe(503);
  await server.restart();
  await eventually(() => expect(base.health.report().ready).toBe(true));
  const text = await base.metrics.registry.metrics();
  expect(text).toMatch(/nova_torch_broker_reconnects_total\{service="registry"\} 1/);
  await app.stop();
});

test('instances of a service have names and consumer names of their own', async () => {
  const [first, second] = [(await setup()).base, (await setup()).base];
  expect(first.instance).toMatch(/^registry-[0-9a-f]{6}$/);
  expect(first.instance).not.toBe(second.instance);
  expect(first.slot.name).not.toBe(second.slot.name);
  expect(first.streams.registry).toBe('{nova.torch}.registry');
});

test('names of variables that are not ours are told apart from slips of the pen', async () => {
  const { lines } = await setup({ NOVA_LOGLEVEL: 'info', NOVA_SOMETHING_ELSE: '1' });
  expect(lines.some((line) => line.includes('"level":"warn"') && line.includes('NOVA_LOG_LEVEL'))).toBe(true);
  expect(lines.some((line) => line.includes('"level":"info"') && line.includes('NOVA_SOMETHING_ELSE'))).toBe(
    true,
  );
});

test('a broker that comes late is waited for', async () => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ service: 's', instance: 'i', level: 'info', destination });
  await server.kill9();
  const opening = waitForBroker({ url: server.url, name: 'late', waitMs: 20_000, logger });
  await eventually(() => expect(lines.some((line) => line.includes('waiting for the broker'))).toBe(true), {
    timeoutMs: 10_000,
  });
  await server.restart();
  const broker = await opening;
  cleanups.push(() => broker.close());
  expect(broker.status().connected).toBe(true);
});

test('a running service counts what became of its spans; a collector that hangs keeps it from nothing', async () => {
  const collector = await startOtlpReceiver();
  cleanups.push(collector.stop);
  const { base } = await setup({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint });
  const app = assembleService(base, { parts: {} });
  await app.start();
  const spans = async (): Promise<Record<string, number>> => {
    const text = await (await fetch(`${app.address()}/metrics`)).text();
    const lines = text.matchAll(/^nova_torch_spans_total\{outcome="(\w+)".*\} (\d+)$/gm);
    return Object.fromEntries([...lines].map(([, outcome, count]) => [outcome, Number(count)]));
  };
  expect(await spans()).toEqual({ sent: 0, refused: 0, dropped: 0 });
  await fetch(`${app.address()}/nothing`);
  await eventually(async () => expect(await spans()).toEqual({ sent: 1, refused: 0, dropped: 0 }));
  collector.receiver.status = 400;
  await fetch(`${app.address()}/nothing`);
  await eventually(async () => expect(await spans()).toEqual({ sent: 1, refused: 1, dropped: 0 }));

  collector.receiver.hangs = true;
  await fetch(`${app.address()}/nothing`);
  const startedAt = performance.now();
  await app.stop();
  // It waits two seconds; what sends spans would give up after ten by itself.
  expect(performance.now() - startedAt).toBeLessThan(3_000);
});

test('a scrape is answered while the broker hangs, without what only the broker knows', async () => {
  const { base } = await setup({ NOVA_LOG_LEVEL: 'fatal' });
  observeStreamDepth(base.broker, base.slot, base.metrics, [base.declare('registry')], 'registry');
  const app = assembleService(base, { parts: {} });
  await app.start();
  const scrape = async (): Promise<string> => (await fetch(`${app.address()}/metrics`)).text();
  const known = ['nova_torch_stream_entries{', 'nova_torch_broker_memory_used_bytes{'];
  for (const series of known) expect(await scrape()).toContain(series);

  await server.pause();
  const startedAt = performance.now();
  const [text] = await Promise.all(Array.from({ length: 20 }, scrape));
  // The deadline of a command to the broker is 2 s; scrapes wait for it together.
  expect(performance.now() - startedAt).toBeLessThan(4_000);
  expect(text).toContain('nova_torch_service_info{');
  for (const series of known) expect(text).not.toContain(series);

  await server.resume();
  await eventually(async () => expect(await scrape()).toContain('nova_torch_stream_entries{'));
  await app.stop();
});
