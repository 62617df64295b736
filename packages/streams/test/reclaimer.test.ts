import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ack,
  asNumber,
  type Broker,
  type ConsumerSlot,
  createConsumer,
  createReclaimer,
  type Delivered,
  type Handler,
  leaseConsumerSlot,
  openBroker,
  type Producer,
  type StreamDeclaration,
} from '../src/index.ts';
import { eventually, startTestServer, type TestServer } from './support/redis-server.ts';
import { TAG, type ToyMessage, toyCodec, toyMessage, toyStream } from './support/toy-catalog.ts';
import { useToys } from './support/use-toys.ts';

describe('reclaimer', () => {
  let broker: Broker;
  let slot: ConsumerSlot;
  let producer: Producer<ToyMessage>;
  const started = useToys((toys) => {
    ({ broker, slot, producer } = toys);
  });

  const consume = async (stream: StreamDeclaration, handler: Handler<ToyMessage>): Promise<void> => {
    const handlers = { 'toy.made.v1': handler };
    const options = { broker, codec: toyCodec, group: 'toys', consumer: slot, streams: [stream], handlers };
    const consumer = createConsumer(options);
    started.push(consumer);
    await consumer.start();
  };
  /** Leaves messages pending for another consumer, as a crash does. */
  const leavePending = async (
    stream: StreamDeclaration,
    consumer: string,
    count: number,
  ): Promise<string[]> => {
    const messages = Array.from({ length: count }, (_, n) => ({
      stream: stream.key,
      message: toyMessage(n),
    }));
    const ids = await producer.publishAll(messages);
    await broker.call('XGROUP', 'CREATE', stream.key, 'toys', '0').catch(() => {});
    await broker.call('XREADGROUP', 'GROUP', 'toys', consumer, 'COUNT', count, 'STREAMS', stream.key, '>');
    return ids;
  };
  const consumersOf = async ({ key }: StreamDeclaration): Promise<unknown[]> =>
    (await broker.call('XINFO', 'CONSUMERS', key, 'toys')) as unknown[];

  it('takes over what a consumer without lease left, at once, and removes the consumer', async () => {
    const stream = toyStream();
    const ids = await leavePending(stream, 'toy-9', 300);
    await broker.call('XDEL', stream.key, ids[7] ?? '');
    const seen: Delivered<ToyMessage>[] = [];
    const reclaimer = createReclaimer({ broker, group: 'toys', streams: [stream], slot });
    expect(await reclaimer.runOnce()).toEqual({ claimed: 0, deleted: 0, consumersRemoved: 0 });
    await consume(stream, (message) => {
      seen.push(message);
      return ack();
    });
    await eventually(() => slot.room(stream.key) > 0);
    expect(await reclaimer.runOnce()).toEqual({ claimed: 299, deleted: 1, consumersRemoved: 1 });
    await eventually(() => seen.length === 299);
    expect(seen[0]).toMatchObject({ attempt: 2, history: [{ outcome: 'lost' }] });
    await eventually(
      async () => asNumber(((await broker.call('XPENDING', stream.key, 'toys')) as unknown[])[0]) === 0,
    );
    expect(await consumersOf(stream)).toHaveLength(1);
    expect(await reclaimer.runOnce()).toEqual({ claimed: 0, deleted: 0, consumersRemoved: 0 });
  });

  it('leaves a living consumer what it holds, until that lies idle', async () => {
    const stream = toyStream();
    const other = await leaseConsumerSlot(broker, {
      ...{ tag: TAG, group: 'toys', service: 'toy', instance: 'b' },
      ttlMs: 60_000,
    });
    expect(other.name).toBe('toy-2');
    await leavePending(stream, other.name, 3);
    let seen = 0;
    await consume(stream, () => {
      seen += 1;
      return ack();
    });
    const patient = createReclaimer({ broker, group: 'toys', streams: [stream.key], slot });
    expect(await patient.runOnce()).toEqual({ claimed: 0, deleted: 0, consumersRemoved: 0 });
    const hasty = createReclaimer({ broker, group: 'toys', streams: [stream], slot, idleMs: 1 });
    await eventually(async () => (await hasty.runOnce()).claimed === 3);
    await eventually(() => seen === 3);
    expect(await consumersOf(stream)).toHaveLength(2);
    await other.stop();
    expect(await patient.runOnce()).toEqual({ claimed: 0, deleted: 0, consumersRemoved: 1 });
  });

  it('does nothing for a stream that does not exist', async () => {
    const stream = toyStream();
    const reclaimer = createReclaimer({ broker, group: 'toys', streams: [stream], slot });
    expect(await reclaimer.runOnce()).toEqual({ claimed: 0, deleted: 0, consumersRemoved: 0 });
  });
});

describe('consumer slots', () => {
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

  it('gives every instance another name, and a name back to its instance', async () => {
    const options = { tag: TAG, group: 'slots', service: 'toy', slotsMax: 2, ttlMs: 60_000 };
    const a = await leaseConsumerSlot(broker, { ...options, instance: 'a' });
    const b = await leaseConsumerSlot(broker, { ...options, instance: 'b' });
    expect([a.name, b.name]).toEqual(['toy-1', 'toy-2']);
    await expect(leaseConsumerSlot(broker, { ...options, instance: 'c' })).rejects.toThrow(
      'all 2 consumer names',
    );
    const again = await leaseConsumerSlot(broker, { ...options, instance: 'b' });
    expect(again.name).toBe('toy-2');
    await a.stop();
    await a.stop();
    const c = await leaseConsumerSlot(broker, { ...options, instance: 'c' });
    expect(c.name).toBe('toy-1');
    expect(c.leaseKeyOf('toy-7')).toBe('{toy}:streams:consumer:slots:7');
    expect([c.leaseKeyOf('other-1'), c.leaseKeyOf('toy-x'), c.leaseKeyOf('toy-0')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    for (const slot of [b, c, again]) await slot.stop();
    await expect(leaseConsumerSlot(broker, { ...options, tag: 'toy', instance: 'd' })).rejects.toThrow(
      'in braces',
    );
  });

  it('renews its lease, and goes on under another name when it lost it', async () => {
    const key = '{toy}:streams:consumer:renewed:1';
    const options = { tag: TAG, group: 'renewed', service: 'toy', instance: 'a', ttlMs: 900 };
    const slot = await leaseConsumerSlot(broker, options);
    let renewals = 0;
    let before = 0;
    await eventually(async () => {
      const [owner, left] = await broker.batch([
        ['GET', key],
        ['PTTL', key],
      ]);
      // Where this process was held up for longer than a lease, that one counts for nothing.
      if (asNumber(left) > 0) expect(owner).toBe('a');
      if (before > 0 && asNumber(left) > before) renewals += 1;
      before = asNumber(left);
      return renewals === 3;
    });
    await broker.call('SET', key, 'thief');
    await eventually(() => slot.name === 'toy-2');
    await slot.stop();
    expect(await broker.call('GET', '{toy}:streams:consumer:renewed:2')).toBeNull();
    expect(await broker.call('GET', key)).toBe('thief');
  });
});
