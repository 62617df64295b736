import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  asEntries,
  type Broker,
  createConsumer,
  createDelayedPromoter,
  type DeadLetterFilter,
  deadLetterKey,
  deadLetters,
  leaseConsumerSlot,
  openBroker,
  type StreamDeclaration,
} from '../src/index.ts';
import { settleBatch } from '../src/scripts/settle-batch.ts';
import { eventually, startTestServer, type TestServer } from './support/redis-server.ts';
import { TAG, type ToyMessage, toyCodec, toyMessage, toyStream } from './support/toy-catalog.ts';

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

  const bury = async (stream: string, json: string, reason = 'refused'): Promise<void> => {
    await broker.call('XGROUP', 'CREATE', stream, 'toys', '0', 'MKSTREAM').catch(() => {});
    const entryId = String(await broker.call('XADD', stream, '*', 'm', json));
    await broker.call('XREADGROUP', 'GROUP', 'toys', 'c', 'STREAMS', stream, '>');
    const history = JSON.stringify([
      { at_ms: 1, consumer: 'c', duration_ms: 2, outcome: 'error', error: 'no' },
    ]);
    const step = { kind: 'dead_letter', json, history, reason, error: 'no' } as const;
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

  it('are found by what they are', async () => {
    const { key } = toyStream();
    const letters = deadLetters(broker, toyCodec, key);
    for (const n of [1, 2, 3, 4]) await bury(key, JSON.stringify(toyMessage(n)), n % 2 ? 'refused' : 'late');
    const found = async (filter: DeadLetterFilter, limit?: number, before?: string) => {
      const page = await letters.find({ filter, limit, before });
      return { n: page.letters.map(({ message }) => message?.payload.n), next: page.next };
    };
    expect(await found({ reason: 'refused' })).toEqual({ n: [3, 1], next: undefined });
    expect(await found({ type: 'toy.made.v1', error: 'n', source: key })).toMatchObject({ n: [4, 3, 2, 1] });
    for (const none of [{ type: 'other' }, { error: 'yes' }, { source: 'elsewhere' }, { untilMs: 1 }]) {
      expect(await found(none)).toEqual({ n: [], next: undefined });
    }
    expect(await found({ sinceMs: Date.now() + 60_000 })).toEqual({ n: [], next: undefined });
    const first = await found({ reason: 'late' }, 1);
    expect(first.n).toEqual([4]);
    expect(await found({ reason: 'late' }, 1, first.next)).toMatchObject({ n: [2] });
    expect(await found({}, 1, 'nonsense')).toEqual({ n: [], next: undefined });
  });

  it('are put back once, with their history, or removed', async () => {
    const { key } = toyStream();
    const letters = deadLetters(broker, toyCodec, key);
    for (const n of [1, 2, 3]) await bury(key, JSON.stringify(toyMessage(n)));
    const [third = '', second = '', first = ''] = (await letters.list()).map(({ id }) => id);
    const publish = [{ stream: `${key}.bell`, json: 'ring' }];
    const both = await Promise.all([
      letters.replay(first, { by: 'ann', publish }),
      letters.replay(first, { by: 'bob', publish }),
    ]);
    expect(both.map(({ kind }) => kind).sort()).toEqual(['repeated', 'replayed']);
    expect(new Set(both.map((one) => 'entryId' in one && one.entryId)).size).toBe(1);
    expect(await broker.call('XLEN', `${key}.bell`)).toBe(1);
    expect(await letters.replay(second, { toAllGroups: true })).toMatchObject({ kind: 'replayed' });
    expect([await letters.replay('nonsense'), await letters.replay('9-9')]).toEqual([
      { kind: 'unknown' },
      { kind: 'unknown' },
    ]);
    const back = asEntries(await broker.call('XRANGE', key, '-', '+')).slice(-2);
    expect(back.map(({ fields }) => [toyCodec.decode(fields.m ?? ''), fields.g])).toMatchObject([
      [{ ok: true, message: { payload: { n: 1 } } }, 'toys'],
      [{ ok: true, message: { payload: { n: 2 } } }, undefined],
    ]);
    expect(JSON.parse(back[0]?.fields.h ?? '')).toMatchObject([
      { outcome: 'error', error: 'no', consumer: 'c', duration_ms: 2 },
      { outcome: 'replayed', consumer: 'ann' },
    ]);
    expect([await letters.remove(third), await letters.remove(third)]).toEqual([true, false]);
    expect(await letters.remove('nonsense')).toBe(false);
    expect(await broker.call('XLEN', deadLetterKey(key))).toBe(0);
  });

  it('stay where they are while their stream is gone', async () => {
    const { key } = toyStream();
    const letters = deadLetters(broker, toyCodec, key);
    await bury(key, JSON.stringify(toyMessage(1)));
    await broker.call('DEL', key);
    const [letter] = await letters.list();
    expect(await letters.replay(letter?.id ?? '')).toEqual({ kind: 'no_stream' });
    expect([await broker.call('EXISTS', key), await letters.count()]).toEqual([0, 1]);
  });

  it('have their attempts counted anew when they are put back, and keep the old ones', async () => {
    const { key, groups } = toyStream();
    const letters = deadLetters(broker, toyCodec, key);
    const slot = await leaseConsumerSlot(broker, { tag: TAG, group: 'toys', service: 'toy', instance: 'a' });
    await broker.call('XADD', key, '*', 'm', JSON.stringify(toyMessage(1)));
    const attempts: number[] = [];
    const stream: StreamDeclaration = { key, kind: 'work', groups, maxDeliveries: 2 };
    const consumer = createConsumer<ToyMessage>({
      ...{ broker, codec: toyCodec, group: 'toys', consumer: slot, streams: [stream] },
      backoff: { delayMs: () => 0 },
      handlers: {
        'toy.made.v1': ({ attempt }) => {
          attempts.push(attempt);
          throw new Error('never');
        },
      },
    });
    const promoter = createDelayedPromoter({ broker, streams: [stream] });
    await promoter.start();
    await consumer.start();
    await eventually(async () => (await letters.count()) === 1);
    const [letter] = await letters.list();
    await letters.replay(letter?.id ?? '', { by: 'ann' });
    await eventually(async () => (await letters.count()) === 1);
    await consumer.stop();
    await promoter.stop();
    await slot.stop();
    expect(attempts).toEqual([1, 2, 1, 2]);
    const [again] = await letters.list();
    const outcomes = again?.history.map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['error', 'error', 'replayed', 'error', 'error']);
  });

  it('of streams of one holder each are kept together', () => {
    const inbox = (digit: string): string => `${TAG}.boxes.holder-0-${digit.repeat(32)}`;
    expect(deadLetterKey(inbox('a'))).toBe(`${TAG}.boxes.dlq`);
    expect(deadLetterKey(inbox('b'))).toBe(`${TAG}.boxes.dlq`);
    expect(deadLetterKey(`${TAG}.boxes`)).toBe(`${TAG}.boxes.dlq`);
  });
});
