import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announceDelayed } from '../src/delayed-wakeups.ts';
import {
  asEntries,
  type Broker,
  createDelayedPromoter,
  delayedBodyKey,
  delayedKey,
  openBroker,
} from '../src/index.ts';
import { settleBatch } from '../src/scripts/settle-batch.ts';
import { eventually, startTestServer, type TestServer } from './support/redis-server.ts';
import { toyStream } from './support/toy-catalog.ts';

describe('delayed promoter', () => {
  let server: TestServer;
  let broker: Broker;

  beforeAll(async () => {
    server = await startTestServer();
    broker = await openBroker({ url: server.url, name: 'test' });
  });
  afterAll(async () => {
    await broker.close();
    await server.stop();
  });

  /** Delays a message the way a consumer does. */
  const delay = async (stream: string, afterMs: number, onlyGroup = ''): Promise<void> => {
    await broker.call('XGROUP', 'CREATE', stream, 'toys', '0', 'MKSTREAM').catch(() => {});
    const entryId = String(await broker.call('XADD', stream, '*', 'm', `after ${afterMs}`));
    await broker.call('XREADGROUP', 'GROUP', 'toys', 'c', 'STREAMS', stream, '>');
    const step = { kind: 'retry', afterMs, json: `after ${afterMs}`, history: '[]', onlyGroup } as const;
    const settlements = [{ stream, entryId, step }];
    const settled = await settleBatch(broker, { group: 'toys', consumer: 'c', settlements });
    expect(settled).toMatchObject({ settled: 1, skipped: 0, delayed: [{ stream }] });
    for (const { dueMs } of settled.delayed) announceDelayed(broker, stream, dueMs);
  };
  const promotedIn = async (stream: string): Promise<string[]> =>
    asEntries(await broker.call('XRANGE', stream, '-', '+'))
      .filter(({ fields }) => fields.h !== undefined)
      .map(({ fields }) => fields.m ?? '');

  it('promotes what is due, and nothing else', async () => {
    const [a, b] = [toyStream(), toyStream()];
    for (const afterMs of [3, 1, 2, 60_000]) await delay(a.key, afterMs);
    await delay(b.key, 0, 'toys');
    const promoter = createDelayedPromoter({ broker, streams: [a, b.key] });
    let promoted = 0;
    await eventually(async () => {
      promoted += (await promoter.runOnce()).promoted;
      return promoted === 4;
    });
    expect((await promotedIn(a.key)).sort()).toEqual(['after 1', 'after 2', 'after 3']);
    expect(asEntries(await broker.call('XRANGE', b.key, '-', '+')).at(-1)?.fields).toEqual({
      m: 'after 0',
      h: '[]',
      g: 'toys',
    });
    expect(await broker.call('ZCARD', delayedKey(a.key))).toBe(1);
    expect(await broker.call('HLEN', delayedBodyKey(a.key))).toBe(3);
    expect(await promoter.runOnce()).toEqual({ promoted: 0 });
  });

  it('sleeps until the head is due, and wakes for an earlier one', async () => {
    const stream = toyStream();
    const promoter = createDelayedPromoter({ broker, streams: [stream] });
    await promoter.stop();
    await promoter.start();
    await promoter.start();
    await delay(stream.key, 60_000);
    let promoted = 0;
    const takesMs = async (afterMs: number): Promise<number> => {
      const startedAt = performance.now();
      await delay(stream.key, afterMs);
      promoted += 1;
      await eventually(async () => (await promotedIn(stream.key)).length === promoted);
      const tookMs = performance.now() - startedAt;
      expect(tookMs).toBeGreaterThan(afterMs - 10);
      return tookMs;
    };
    await takesMs(700);
    // Without being woken each takes a second; a busy machine may hold up some of them.
    let tookMs = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 10 && tookMs >= 400; tries += 1) tookMs = await takesMs(40);
    expect(tookMs).toBeLessThan(400);
    expect(await promotedIn(stream.key)).not.toContain('after 60000');
    await Promise.all([promoter.stop(), promoter.stop()]);
  });

  it('finds what another process delayed, and goes on when the broker is back', async () => {
    const stream = toyStream();
    const promoter = createDelayedPromoter({ broker, streams: [stream] });
    await promoter.start();
    await server.restart();
    const now = Date.now();
    await eventually(async () => {
      await broker.call('HSET', delayedBodyKey(stream.key), 'x|m', 'found', 'x|h', '[]', 'x|g', '');
      return true;
    });
    await broker.call('ZADD', delayedKey(stream.key), now, 'x', now, 'without body');
    await eventually(async () => (await promotedIn(stream.key)).length === 1);
    expect(await broker.call('EXISTS', delayedKey(stream.key), delayedBodyKey(stream.key))).toBe(0);
    await promoter.stop();
  });

  it('moves more than one step can', async () => {
    const stream = toyStream();
    const members = Array.from({ length: 600 }, (_, i) => i);
    await broker.call('HSET', delayedBodyKey(stream.key), ...members.flatMap((i) => [`${i}|m`, `m${i}`]));
    await broker.call('ZADD', delayedKey(stream.key), ...members.flatMap((i) => [i + 1, String(i)]));
    const promoter = createDelayedPromoter({ broker, streams: [stream] });
    expect(await promoter.runOnce()).toEqual({ promoted: 600 });
    expect((await promotedIn(stream.key)).slice(0, 2)).toEqual(['m0', 'm1']);
  });
});
