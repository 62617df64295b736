import { createFaultProxy, type FaultProxy } from '@nova-torch/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ack,
  asNumber,
  type Broker,
  type ConsumerSlot,
  createConsumer,
  createProducer,
  leaseConsumerSlot,
  openBroker,
  type Producer,
  type Service,
  type StreamDeclaration,
} from '../src/index.ts';
import { eventually, startTestServer, type TestServer } from './support/redis-server.ts';
import { TAG, type ToyMessage, toyCodec, toyMessage, toyStream } from './support/toy-catalog.ts';
import { within } from './support/within.ts';

const READER = /-toys-consumer$/;

describe('a consumer behind a network that fails', () => {
  let server: TestServer;
  let proxy: FaultProxy;
  let broker: Broker;
  /** Past the faults. */
  let direct: Broker;
  let slot: ConsumerSlot;
  let consumer: Service;
  let producer: Producer<ToyMessage>;
  let stream: StreamDeclaration;
  let seen: number[];

  beforeEach(async () => {
    server = await startTestServer();
    proxy = await createFaultProxy({ port: server.port, ghostMs: 30_000 });
    broker = await openBroker({ url: proxy.url, name: 'behind' });
    direct = await openBroker({ url: server.url, name: 'direct' });
    slot = await leaseConsumerSlot(broker, { tag: TAG, group: 'toys', service: 'toy', instance: 'a' });
    producer = createProducer(direct, toyCodec);
    stream = toyStream();
    seen = [];
    consumer = createConsumer({
      broker,
      codec: toyCodec,
      group: 'toys',
      consumer: slot,
      streams: [stream],
      handlers: {
        'toy.made.v1': ({ message }) => {
          seen.push((message as ToyMessage).payload.n);
          return ack();
        },
      },
    });
    await consumer.start();
    await publish(0);
    await eventually(() => seen.length === 1);
  });
  afterEach(async () => {
    await consumer.stop();
    await slot.stop();
    await broker.close();
    await direct.close();
    await proxy.close();
    await server.stop();
  });

  const publish = (n: number): Promise<string> => producer.publish(stream.key, toyMessage(n));
  /** Ids of the connections on which the consumer's read blocks, as the broker sees them. */
  const blocked = async (): Promise<string[]> =>
    [...String(await direct.call('CLIENT', 'LIST')).matchAll(/^id=(\d+) .* name=(\S*).* flags=b/gm)]
      .filter(([, , name = '']) => READER.test(name))
      .map(([, id = '']) => id);

  it('gets at once what the broker gives to a blocked read whose client is gone without its knowledge', async () => {
    for (let n = 1; n <= 5; n += 1) {
      await eventually(async () => (await blocked()).length > 0);
      const before = await blocked();
      expect(proxy.hit('vanish', { name: READER })).toBe(1);
      await eventually(async () => (await blocked()).some((id) => !before.includes(id)));
      await publish(n);
      await within(1000, () => eventually(() => seen.includes(n)), server.port);
    }
    const pending = async (): Promise<number> =>
      asNumber(((await direct.call('XPENDING', stream.key, 'toys')) as unknown[])[0]);
    await eventually(async () => (await pending()) === 0);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('once it is connected again, nothing it sent before is applied any more', async () => {
    const connections = async (): Promise<number> =>
      String(await direct.call('CLIENT', 'LIST')).match(/ name=behind-main /g)?.length ?? 0;
    expect(proxy.hit('late-command', { name: /-main$/ })).toBe(1);
    await expect(broker.call('RPUSH', 'list', 'late')).rejects.toThrow(/lost/);
    expect(await broker.call('LLEN', 'list')).toBe(0);
    await eventually(async () => (await connections()) === 1);
    expect(await direct.call('LLEN', 'list')).toBe(0);
  });

  it('does not end the connection of another client when the broker came back as another process', async () => {
    await proxy.refuse();
    proxy.hit('vanish');
    await direct.close();
    await server.restart();
    direct = await openBroker({ url: server.url, name: 'direct' });
    producer = createProducer(direct, toyCodec);
    const lost: string[] = [];
    const others = await Promise.all(
      Array.from({ length: 20 }, (_, i) => openBroker({ url: server.url, name: `other-${i}` })),
    );
    for (const other of others) other.on('lost', () => lost.push('lost'));
    await proxy.heal();
    await eventually(() => broker.status().connected);
    await publish(1);
    await eventually(() => seen.includes(1));
    expect(lost).toEqual([]);
    for (const other of others) await other.close();
  });
});
