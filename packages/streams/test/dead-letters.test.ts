import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asEntries, type Broker, deadLetterKey, deadLetters, openBroker } from '../src/index.ts';
import { settleBatch } from '../src/scripts/settle-batch.ts';
import { startTestServer, type TestServer } from './support/redis-server.ts';
import { toyCodec, toyMessage, toyStream } from './support/toy-catalog.ts';

describe('dead letters', () => {
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

  const bury = async (stream: string, json: string): Promise<void> => {
    await broker.call('XGROUP', 'CREATE', stream, 'toys', '0', 'MKSTREAM').catch(() => {});
    const entryId = String(await broker.call('XADD', stream, '*', 'm', json));
    await broker.call('XREADGROUP', 'GROUP', 'toys', 'c', 'STREAMS', stream, '>');
    const history = JSON.stringify([
      { at_ms: 1, consumer: 'c', duration_ms: 2, outcome: 'error', error: 'no' },
    ]);
    const step = { kind: 'dead_letter', json, history, reason: 'refused', error: 'no' } as const;
    await settleBatch(broker, { group: 'toys', consumer: 'c', settlements: [{ stream, entryId, step }] });
  };

  it('are listed, newest first, in pages', async () => {
    const { key } = toyStream();
    const letters = deadLetters(broker, toyCodec, key);
    expect([await letters.count(), await letters.list()]).toEqual([0, []]);
    for (const n of [1, 2, 3]) await bury(key, JSON.stringify(toyMessage(n)));
    await bury(key, 'broken');
    expect(await letters.count()).toBe(4);
    const [broken, third] = await letters.list({ limit: 2 });
    expect(broken).toMatchObject({
      message: undefined,
      json: 'broken',
      reason: 'refused',
      error: 'no',
      group: 'toys',
    });
    expect(third).toMatchObject({
      source: key,
      history: [{ outcome: 'error' }],
      message: { payload: { n: 3 } },
    });
    expect(Math.abs((third?.atMs ?? 0) - Date.now())).toBeLessThan(5000);
    const rest = await letters.list({ limit: 2, before: third?.id });
    expect(rest.map(({ message }) => message?.payload.n)).toEqual([2, 1]);
    expect(await letters.list({ before: 'nonsense' })).toEqual([]);
    expect(await letters.get(third?.id ?? '')).toEqual(third);
    expect([await letters.get('9-9'), await letters.get('nonsense')]).toEqual([undefined, undefined]);
  });

  it('are put back once, or removed', async () => {
    const { key } = toyStream();
    const letters = deadLetters(broker, toyCodec, key);
    for (const n of [1, 2, 3]) await bury(key, JSON.stringify(toyMessage(n)));
    const [third, second, first] = (await letters.list()).map(({ id }) => id);
    expect(await letters.replay(first ?? '')).toMatch(/^\d+-\d+$/);
    expect(await letters.replay(first ?? '')).toBeUndefined();
    expect(await letters.replay(second ?? '', { toAllGroups: true })).toBeDefined();
    expect(await letters.replay('nonsense')).toBeUndefined();
    const back = asEntries(await broker.call('XRANGE', key, '-', '+')).slice(-2);
    expect(back.map(({ fields }) => [toyCodec.decode(fields.m ?? ''), fields.g])).toMatchObject([
      [{ ok: true, message: { payload: { n: 1 } } }, 'toys'],
      [{ ok: true, message: { payload: { n: 2 } } }, undefined],
    ]);
    expect([await letters.remove(third ?? ''), await letters.remove(third ?? '')]).toEqual([true, false]);
    expect(await letters.remove('nonsense')).toBe(false);
    expect(await broker.call('XLEN', deadLetterKey(key))).toBe(0);
  });
});
