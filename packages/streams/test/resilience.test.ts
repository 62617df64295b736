import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ack,
  asEntries,
  asNumber,
  type Broker,
  type ConsumerSlot,
  createConsumer,
  createDelayedPromoter,
  createProducer,
  createReclaimer,
  deadLetterKey,
  exponentialBackoff,
  type Handler,
  leaseConsumerSlot,
  openBroker,
  type Producer,
  type Service,
  type StreamDeclaration,
} from '../src/index.ts';
import { eventually, startTestServer, type TestServer } from './support/redis-server.ts';
import { TAG, type ToyMessage, toyCodec, toyMessage, toyStream } from './support/toy-catalog.ts';
import { within } from './support/within.ts';

describe('a consumer', () => {
  let server: TestServer;
  let broker: Broker;
  let slot: ConsumerSlot;
  let producer: Producer<ToyMessage>;
  let stream: StreamDeclaration;
  let seen: number[];
  const started: Service[] = [];

  beforeEach(async () => {
    server = await startTestServer();
    broker = await openBroker({ url: server.url, name: 'test' });
    slot = await leaseConsumerSlot(broker, { tag: TAG, group: 'toys', service: 'toy', instance: 'a' });
    producer = createProducer(broker, toyCodec);
    stream = toyStream();
    seen = [];
  });
  afterEach(async () => {
    for (const service of started.splice(0)) await service.stop();
    await slot.stop();
    await broker.close();
    await server.stop();
  });

  const remember: Handler<ToyMessage> = ({ message }) => {
    seen.push(message.payload.n);
    return ack();
  };
  const consumer = (handler: Handler<ToyMessage> = remember, own = { broker, slot }): Service =>
    createConsumer({
      broker: own.broker,
      codec: toyCodec,
      group: 'toys',
      consumer: own.slot,
      streams: [stream],
      handlers: { 'toy.made.v1': handler },
      backoff: exponentialBackoff({ baseMs: 5 }),
      maxDeliveries: 3,
    });
  const start = async (...services: Service[]): Promise<void> => {
    for (const service of services) {
      started.push(service);
      await service.start();
    }
  };
  const publish = (n: number): Promise<string> => producer.publish(stream.key, toyMessage(n));
  const pending = async (): Promise<number> =>
    asNumber(((await broker.call('XPENDING', stream.key, 'toys')) as unknown[])[0]);

  it('goes on within a second when a restarted broker is back, under load', async () => {
    await start(consumer());
    let n = 0;
    let publishing = true;
    const load = (async () => {
      while (publishing) await publish(n++).catch(() => {});
    })();
    await eventually(() => seen.length > 200);
    await server.restart();
    const before = seen.length;
    await within(1000, () => eventually(() => seen.length > before + 50), server.port);
    publishing = false;
    await load;
  });

  it('goes on when its blocked connection is killed, and loses nothing', async () => {
    await start(consumer());
    await publish(1);
    await eventually(() => seen.length === 1);
    for (let n = 2; n < 12; n += 1) {
      const clients = String(await broker.call('CLIENT', 'LIST'));
      const id = /^id=(\d+).* name=test-toys-consumer /m.exec(clients)?.[1];
      if (id !== undefined) await broker.call('CLIENT', 'KILL', 'ID', id);
      const goesOn = async (): Promise<void> => {
        await publish(n);
        await eventually(() => seen.includes(n));
      };
      await within(1000, goesOn, server.port);
    }
    await eventually(async () => (await pending()) === 0);
  });

  it('goes on when the server hangs for longer than its watchdog waits', async () => {
    await start(consumer());
    await publish(1);
    await eventually(() => seen.length === 1);
    server.pause();
    await eventually(() => broker.status().connections['toys consumer'] === 0);
    server.resume();
    const published = (): Promise<boolean> =>
      publish(2).then(
        () => true,
        () => false,
      );
    const goesOn = async (): Promise<void> => {
      await eventually(published);
      await eventually(() => seen.includes(2));
    };
    await within(1000, goesOn, server.port);
  });

  it('creates its group again when all data was lost, and reads from the beginning', async () => {
    await start(consumer());
    await publish(1);
    await eventually(() => seen.length === 1);
    await broker.call('FLUSHALL');
    await publish(2);
    await eventually(() => seen.includes(2));
    await broker.call('XGROUP', 'DESTROY', stream.key, 'toys');
    await publish(3);
    await eventually(() => seen.includes(3));
    expect(seen).toEqual([1, 2, 2, 3]);
  });

  it('keeps an outcome until the broker can take it', async () => {
    const handled = Promise.withResolvers<void>();
    await start(
      consumer(async ({ message }) => {
        seen.push(message.payload.n);
        server.pause();
        setTimeout(() => server.resume(), 2500);
        handled.resolve();
        return ack([{ stream: `${stream.key}.out`, message: toyMessage(2) }]);
      }),
    );
    await publish(1);
    await handled.promise;
    await eventually(async () => (await broker.call('XLEN', `${stream.key}.out`).catch(() => 0)) === 1);
    await eventually(async () => (await pending()) === 0);
    expect(seen).toEqual([1]);
  });

  it('gets again what another one took before it was killed', async () => {
    // A second process: its own connections, its own slot, and it ends without a word.
    const doomed = await openBroker({ url: server.url, name: 'doomed' });
    const doomedSlot = await leaseConsumerSlot(doomed, {
      tag: TAG,
      group: 'toys',
      service: 'toy',
      instance: 'b',
      ttlMs: 300,
    });
    const taken: number[] = [];
    const hanging = consumer(
      ({ message }) => {
        taken.push(message.payload.n);
        return new Promise(() => {});
      },
      { broker: doomed, slot: doomedSlot },
    );
    await hanging.start();
    await producer.publishAll([1, 2, 3].map((n) => ({ stream: stream.key, message: toyMessage(n) })));
    await eventually(async () => taken.length === 1 && (await pending()) === 3);
    await doomed.close();
    const reclaimed = async (): Promise<void> => {
      await start(consumer());
      const reclaimer = createReclaimer({ broker, group: 'toys', streams: [stream], slot });
      await eventually(async () => {
        await reclaimer.runOnce();
        return seen.length === 3;
      });
    };
    await within(1500, reclaimed, server.port);
    expect(seen.sort()).toEqual([1, 2, 3]);
  });

  it('dead-letters a message that kills every consumer that takes it', async () => {
    await publish(1);
    await broker.call('XGROUP', 'CREATE', stream.key, 'toys', '0');
    for (const from of ['>', '0', '0']) {
      await broker.call('XREADGROUP', 'GROUP', 'toys', slot.name, 'STREAMS', stream.key, from);
    }
    await start(consumer());
    await eventually(async () => (await broker.call('XLEN', deadLetterKey(stream.key))) === 1);
    const [letter] = asEntries(await broker.call('XRANGE', deadLetterKey(stream.key), '-', '+'));
    expect(letter?.fields.reason).toBe('max_deliveries');
    const outcomes = JSON.parse(letter?.fields.h ?? '').map(({ outcome }: { outcome: string }) => outcome);
    expect(outcomes).toEqual(['lost', 'lost', 'lost']);
    expect(seen).toEqual([]);
    expect(await pending()).toBe(0);
  });

  it('does not let an outcome the broker refuses hold up the others', async () => {
    await broker.call('SET', `${stream.key}.string`, 'not a stream');
    await start(
      consumer(({ message }) => {
        seen.push(message.payload.n);
        const target = message.payload.n === 2 ? `${stream.key}.string` : `${stream.key}.out`;
        return ack([{ stream: target, message: toyMessage(0) }]);
      }),
    );
    await producer.publishAll([1, 2, 3].map((n) => ({ stream: stream.key, message: toyMessage(n) })));
    await eventually(async () => (await broker.call('XLEN', `${stream.key}.out`)) === 2);
    expect(await pending()).toBe(1);
  });

  it('stops at once while it blocks, and leaves no connection, no timer and nothing unsettled', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    const services = [consumer(), createDelayedPromoter({ broker, streams: [stream] })];
    await start(...services);
    await publish(1);
    await eventually(() => seen.length === 1);
    const stopped = async (): Promise<void> => {
      for (const service of services) await service.stop();
    };
    await within(200, stopped, server.port);
    expect(broker.status().connections).toEqual({ main: 1 });
    await eventually(
      async () =>
        String(await broker.call('CLIENT', 'LIST'))
          .trim()
          .split('\n').length === 1,
    );
    expect(await pending()).toBe(0);
    await slot.stop();
    await broker.close();
    const sockets = (): string[] =>
      process.getActiveResourcesInfo().filter((kind) => /^TCPSocket/.test(kind));
    await eventually(() => sockets().length === 0);
    expect(unhandled).toEqual([]);
    process.off('unhandledRejection', note);
  });

  it('finishes the batch that runs when it is stopped, and leaves the rest to the next one', async () => {
    const gate = Promise.withResolvers<void>();
    const first = consumer(async (delivered) => {
      await gate.promise;
      return remember(delivered, new AbortController().signal);
    });
    await start(first);
    await producer.publishAll([1, 2, 3].map((n) => ({ stream: stream.key, message: toyMessage(n) })));
    await eventually(async () => (await pending()) === 3);
    const stopping = first.stop();
    // Of the batch that runs, what is begun within a second is finished.
    gate.resolve();
    await publish(4);
    await stopping;
    expect(seen).toEqual([1, 2, 3]);
    expect(await pending()).toBe(0);
    await start(consumer());
    await eventually(() => seen.length === 4);
  });
});
