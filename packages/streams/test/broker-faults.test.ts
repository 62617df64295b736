// A broker that runs but fails: what was accepted has its effect once, and work goes on within a second of its end.
import { type BrokerFault, startTestBroker, strikeBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  ack,
  asEntries,
  asNumber,
  type Broker,
  type ConsumerSlot,
  createConsumer,
  createDelayedPromoter,
  createFeedReader,
  createProducer,
  createRequester,
  FIELD,
  FIRST_ID,
  leaseConsumerSlot,
  openBroker,
  type Producer,
  type Requester,
  replyOutgoing,
  retry,
  type Service,
  type StreamDeclaration,
} from '../src/index.ts';
import { eventually } from './support/redis-server.ts';
import { TAG, type ToyMessage, toyCodec, toyMessage, toyStream } from './support/toy-catalog.ts';
import { within } from './support/within.ts';

const QUESTION = 'toy.asked.v1';

describe('while the broker fails', () => {
  let server: TestBroker;
  let broker: Broker;
  let slot: ConsumerSlot;
  let producer: Producer<ToyMessage>;
  let requester: Requester<ToyMessage>;
  let stream: StreamDeclaration;
  let out: string;
  let services: Service[];
  let handledAt: number;
  let followed: number[];
  let gaps: number;

  beforeAll(async () => {
    server = await startTestBroker({ appendonly: 'always' });
  });
  afterAll(() => server.stop());

  beforeEach(async () => {
    await server.flush();
    broker = await openBroker({ url: server.url, name: 'test' });
    slot = await leaseConsumerSlot(broker, { tag: TAG, group: 'toys', service: 'toy', instance: 'a' });
    producer = createProducer(broker, toyCodec);
    requester = createRequester({ broker, codec: toyCodec, tag: TAG, instance: 'asker' });
    stream = toyStream();
    out = `${stream.key}.out`;
    followed = [];
    gaps = 0;
    services = [
      createConsumer<ToyMessage>({
        broker,
        codec: toyCodec,
        group: 'toys',
        consumer: slot,
        streams: [stream],
        maxDeliveries: 20,
        handlers: {
          'toy.made.v1': ({ message, attempt }) => {
            handledAt = performance.now();
            if (message.payload.n % 5 === 0 && attempt === 1) return retry({ afterMs: 50 });
            return ack([{ stream: out, message }]);
          },
          [QUESTION]: (question) => ack([replyOutgoing(question, toyMessage(0, { type: QUESTION }))]),
        },
      }),
      createDelayedPromoter({ broker, streams: [stream] }),
      createFeedReader<ToyMessage>({
        broker,
        codec: toyCodec,
        feeds: [
          {
            key: out,
            from: FIRST_ID,
            onMessages: (messages) => {
              for (const { message } of messages) followed.push(message.payload.n);
            },
            onGap: async () => {
              gaps += 1;
              followed = [];
              return FIRST_ID;
            },
          },
        ],
      }),
      requester,
    ];
    for (const service of services) await service.start();
  });
  afterEach(async () => {
    for (const service of services) await service.stop();
    await slot.stop();
    await broker.close();
  });

  /** Publishes every few ms; returns what ends that and the numbers the broker accepted. */
  function load(): { end(): Promise<number[]> } {
    const accepted: number[] = [];
    let next = 1;
    const publishing = new Set<Promise<void>>();
    const timer = setInterval(() => {
      const n = next;
      next += 1;
      const one = producer.publish(stream.key, toyMessage(n)).then(
        () => void accepted.push(n),
        () => undefined,
      );
      publishing.add(one);
      void one.finally(() => publishing.delete(one));
    }, 5);
    return {
      async end() {
        clearInterval(timer);
        await Promise.all(publishing);
        return accepted;
      },
    };
  }
  const effects = async (): Promise<number[]> =>
    asEntries(await broker.call('XRANGE', out, '-', '+')).map(
      ({ fields }) => (JSON.parse(fields[FIELD.message] ?? '') as ToyMessage).payload.n,
    );
  const isDone = async (accepted: readonly number[]): Promise<boolean> => {
    const done = new Set(await effects());
    const [pending] = (await broker.call('XPENDING', stream.key, 'toys')) as unknown[];
    return accepted.every((n) => done.has(n)) && asNumber(pending) === 0;
  };
  const answered = (): Promise<boolean> =>
    requester.request(stream.key, toyMessage(0, { type: QUESTION }), { timeoutMs: 500 }).then(
      () => true,
      () => false,
    );

  const PASSING: readonly { kind: BrokerFault; forMs: number }[] = [
    { kind: 'out-of-memory', forMs: 300 },
    { kind: 'read-only', forMs: 300 },
    { kind: 'no-replicas', forMs: 300 },
    { kind: 'slow', forMs: 300 },
    { kind: 'freeze', forMs: 400 },
    { kind: 'kill', forMs: 300 },
  ];

  for (const fault of PASSING) {
    it(`${fault.kind}: nothing accepted is lost, nothing has its effect twice, and it goes on within a second`, async () => {
      const sending = load();
      await eventually(() => followed.length > 20);
      await strikeBroker(server, fault);
      const endedAt = performance.now();
      await within(1_000, () => eventually(() => handledAt > endedAt), server.port);
      await within(1_500, () => eventually(answered), server.port);
      const accepted = await sending.end();
      await eventually(() => isDone(accepted));
      const done = await effects();
      expect(new Set(done).size).toBe(done.length);
      await eventually(() => followed.length === done.length);
      expect(followed).toEqual(done);
      expect(gaps).toBe(0);
    });
  }

  it('restart-empty: what comes afterwards is handled within a second, and the feed is reloaded', async () => {
    const before = load();
    await eventually(() => followed.length > 20);
    await before.end();
    await strikeBroker(server, { kind: 'restart-empty', forMs: 100 });
    const endedAt = performance.now();
    const after = load();
    await within(1_000, () => eventually(() => handledAt > endedAt), server.port);
    await within(1_500, () => eventually(answered), server.port);
    const accepted = await after.end();
    await eventually(() => isDone(accepted));
    await eventually(async () => followed.length === (await effects()).length);
    expect(followed).toEqual(await effects());
    expect(gaps).toBeGreaterThan(0);
  });
});
