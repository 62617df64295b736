// A message whose handling ends the process, among others that are innocent.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  ack,
  asNumber,
  type Broker,
  createConsumer,
  createProducer,
  createReclaimer,
  type Delivered,
  deadLetters,
  type Handlers,
  leaseConsumerSlot,
  type Outcome,
  openBroker,
  type Service,
} from '../src/index.ts';
import { eventually, startTestServer, type TestServer } from './support/redis-server.ts';
import { TAG, type ToyMessage, toyCodec, toyMessage, toyStream } from './support/toy-catalog.ts';

const POISON = 13;
const MESSAGES = 40;

/** One life of a process: it ends without a word when it takes the poison. */
interface Life {
  readonly leaseKey: string;
  readonly died: Promise<'died'>;
  end(): Promise<void>;
}

describe('a message that kills the process that handles it', () => {
  let server: TestServer;
  let broker: Broker;
  const lives: Life[] = [];
  const handled: number[] = [];

  beforeAll(async () => {
    server = await startTestServer();
    broker = await openBroker({ url: server.url, name: 'test' });
  });
  afterEach(async () => {
    for (const life of lives.splice(0)) await life.end();
    handled.length = 0;
  });
  afterAll(async () => {
    await broker.close();
    await server.stop();
  });

  const live = async (
    stream: ReturnType<typeof toyStream>,
    group: string,
    instance: string,
    batches: boolean,
  ): Promise<Life> => {
    const own = await openBroker({ url: server.url, name: instance });
    const slot = await leaseConsumerSlot(own, { tag: TAG, group, service: 'toy', instance, ttlMs: 60_000 });
    const death = Promise.withResolvers<'died'>();
    const over = Promise.withResolvers<Outcome>();
    const one = async ({ message }: Delivered<ToyMessage>): Promise<Outcome> => {
      if (message.payload.n === POISON) {
        await own.close();
        death.resolve('died');
        return over.promise;
      }
      handled.push(message.payload.n);
      return ack();
    };
    const handlers: Handlers<ToyMessage> = batches
      ? {
          batch: async (messages) => {
            const outcomes: Outcome[] = [];
            for (const message of messages) outcomes.push(await one(message));
            return outcomes;
          },
        }
      : { 'toy.made.v1': one };
    const consumer = createConsumer({
      ...{ broker: own, codec: toyCodec, group, consumer: slot, streams: [stream], handlers },
    });
    await consumer.start();
    const reclaimer = createReclaimer({ broker: own, group, streams: [stream], slot });
    const reclaim = setInterval(() => void reclaimer.runOnce().catch(() => {}), 10);
    const life: Life = {
      leaseKey: slot.leaseKeyOf(slot.name) ?? '',
      died: death.promise,
      async end() {
        clearInterval(reclaim);
        await own.close();
        // Whatever it would say now, the broker does not hear it.
        over.resolve(ack());
        await (consumer as Service).stop();
      },
    };
    lives.push(life);
    return life;
  };

  it.each([
    ['under the same name, one by one', false, (_: number) => 'a'],
    ['under the same name, in batches', true, (_: number) => 'a'],
    ['under a name of its own each time, one by one', false, (n: number) => `i${n}`],
    ['under a name of its own each time, in batches', true, (n: number) => `i${n}`],
  ])('ends in the dead letters alone: %s', async (_, batches, instanceOf) => {
    const group = `poison-${lives.length}-${Math.random().toString(16).slice(2)}`;
    const stream = toyStream([group]);
    const producer = createProducer(broker, toyCodec);
    const made = Array.from({ length: MESSAGES }, (__, n) => ({
      stream: stream.key,
      message: toyMessage(n),
    }));
    await producer.publishAll(made);
    const letters = deadLetters(broker, toyCodec, stream.key);
    const settled = async (): Promise<boolean> => {
      const [pending] = (await broker.call('XPENDING', stream.key, group)) as unknown[];
      return asNumber(pending) === 0 && (await letters.count()) > 0;
    };

    let deaths = 0;
    let before = '';
    for (; deaths < 10; deaths += 1) {
      const life = await live(stream, group, instanceOf(deaths), batches);
      // Only now does the lease of the one before run out, so that this one has another name.
      if (before !== life.leaseKey && before !== '') await broker.call('DEL', before);
      before = life.leaseKey;
      const settles = eventually(settled).then(() => 'settled' as const);
      settles.catch(() => {});
      if ((await Promise.race([life.died, settles])) === 'settled') break;
      await life.end();
    }
    expect(deaths).toBeLessThanOrEqual(5);
    expect(await letters.list()).toMatchObject([
      { reason: 'max_deliveries', message: { payload: { n: POISON } } },
    ]);
    const innocent = Array.from({ length: MESSAGES }, (__, n) => n).filter((n) => n !== POISON);
    expect([...new Set(handled)].sort((a, b) => a - b)).toEqual(innocent);
  });
});
