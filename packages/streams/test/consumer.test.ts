import { describe, expect, it } from 'vitest';
import {
  ack,
  asEntries,
  asNumber,
  type Broker,
  type ConsumerOptions,
  type ConsumerSlot,
  CrossTagError,
  createConsumer,
  createDelayedPromoter,
  type Delivered,
  deadLetter,
  deadLetterKey,
  exponentialBackoff,
  leaseConsumerSlot,
  type Producer,
  retry,
  type Service,
  type StreamDeclaration,
} from '../src/index.ts';
import { silentLogger } from '../src/logger.ts';
import { holdPending } from '../src/pending-hold.ts';
import { eventually } from './support/redis-server.ts';
import { TAG, type ToyMessage, toyCodec, toyMessage, toyStream } from './support/toy-catalog.ts';
import { useToys } from './support/use-toys.ts';

describe('consumer', () => {
  let broker: Broker;
  let slot: ConsumerSlot;
  let producer: Producer<ToyMessage>;
  const started = useToys((toys) => {
    ({ broker, slot, producer } = toys);
  });

  const consume = async (
    stream: StreamDeclaration,
    handlers: ConsumerOptions<ToyMessage>['handlers'],
    options: Partial<ConsumerOptions<ToyMessage>> = {},
  ): Promise<Service> => {
    const backoff = exponentialBackoff({ baseMs: 5 });
    const consumer = createConsumer({
      broker,
      codec: toyCodec,
      group: 'toys',
      consumer: slot,
      streams: [stream],
      handlers,
      backoff,
      ...options,
    });
    const promoter = createDelayedPromoter({ broker, streams: [stream] });
    started.push(consumer, promoter);
    await promoter.start();
    await consumer.start();
    return consumer;
  };
  const pendingOf = async ({ key }: StreamDeclaration, group = 'toys'): Promise<number> => {
    const summary = (await broker.call('XPENDING', key, group)) as unknown[];
    return asNumber(summary[0]);
  };
  const deadLettersOf = async ({ key }: StreamDeclaration): Promise<Record<string, string>[]> =>
    asEntries(await broker.call('XRANGE', deadLetterKey(key), '-', '+')).map(({ fields }) => fields);

  it('hands messages to the handler of their type, in order, and acknowledges them', async () => {
    const stream = toyStream();
    const seen: number[] = [];
    await producer.publishAll([1, 2, 3].map((n) => ({ stream: stream.key, message: toyMessage(n) })));
    await consume(stream, {
      'toy.made.v1': async ({ message, attempt, history }) => {
        expect([attempt, history]).toEqual([1, []]);
        seen.push(message.payload.n);
        return ack();
      },
    });
    await producer.publish(stream.key, toyMessage(4));
    await eventually(() => seen.length === 4);
    expect(seen).toEqual([1, 2, 3, 4]);
    await eventually(async () => (await pendingOf(stream)) === 0);
  });

  it('hands whole batches to a batch handler, with mixed outcomes', async () => {
    const stream = toyStream();
    const sizes: number[] = [];
    const made = Array.from({ length: 300 }, (_, n) => ({ stream: stream.key, message: toyMessage(n) }));
    await producer.publishAll(made);
    const done = new Set<number>();
    await consume(stream, {
      batch: async (messages) => {
        sizes.push(messages.length);
        return messages.map(({ message, attempt }) => {
          const { n } = message.payload;
          if (n % 100 === 7) return deadLetter('refused', 'no sevens');
          if (n % 50 === 3 && attempt === 1) return retry({ afterMs: 1 });
          done.add(n);
          return ack();
        });
      },
    });
    await eventually(async () => done.size === 297 && (await pendingOf(stream)) === 0);
    expect(sizes.slice(0, 2)).toEqual([256, 44]);
    expect((await deadLettersOf(stream)).map(({ reason, error }) => [reason, error])).toEqual(
      Array(3).fill(['refused', 'no sevens']),
    );
  });

  it('publishes with the acknowledgement', async () => {
    const [stream, target] = [toyStream(), toyStream()];
    await producer.publish(stream.key, toyMessage(1));
    await consume(stream, {
      'toy.made.v1': async ({ message }) =>
        ack([
          { stream: target.key, message: toyMessage(message.payload.n + 1) },
          { stream: `${target.key}.nobody`, message: toyMessage(0), onlyIfExists: true },
        ]),
    });
    await eventually(async () => (await broker.call('XLEN', target.key)) === 1);
    expect(await broker.call('EXISTS', `${target.key}.nobody`)).toBe(0);
    expect(await pendingOf(stream)).toBe(0);
  });

  it('tries a failing message again with backoff, then dead-letters it with its attempts', async () => {
    const stream = toyStream();
    const failures: string[] = [];
    const attempts: number[] = [];
    await producer.publish(stream.key, toyMessage(1));
    await consume(
      stream,
      {
        'toy.made.v1': async ({ attempt }) => {
          attempts.push(attempt);
          if (attempt === 2) return retry({ afterMs: 1, error: 'later' });
          throw new Error(`broken ${attempt}`);
        },
      },
      { maxDeliveries: 3, onError: (error, { reason }) => failures.push(`${reason}: ${error}`) },
    );
    await eventually(async () => (await deadLettersOf(stream)).length === 1);
    expect(attempts).toEqual([1, 2, 3]);
    expect(failures).toEqual(['error: Error: broken 1', 'error: Error: broken 3']);
    const [letter] = await deadLettersOf(stream);
    expect(letter).toMatchObject({
      reason: 'max_deliveries',
      error: 'broken 3',
      source: stream.key,
      group: 'toys',
    });
    const history = JSON.parse(letter?.h ?? '');
    expect(history).toMatchObject([
      { outcome: 'error', error: 'broken 1', consumer: 'toy-1' },
      { outcome: 'retry', error: 'later' },
      { outcome: 'error', error: 'broken 3' },
    ]);
    expect(history.every((attempt: { at_ms: number }) => Math.abs(attempt.at_ms - Date.now()) < 5000)).toBe(
      true,
    );
    expect(toyCodec.decode(letter?.m ?? '')).toMatchObject({ ok: true, message: { payload: { n: 1 } } });
    expect(await pendingOf(stream)).toBe(0);
  });

  it('counts a handler that hangs as a failed attempt, and tells it to stop', async () => {
    const stream = toyStream();
    const aborted: boolean[] = [];
    await producer.publish(stream.key, toyMessage(1));
    await consume(
      stream,
      {
        'toy.made.v1': ({ attempt }, signal) => {
          if (attempt > 1) return ack();
          signal.addEventListener('abort', () => aborted.push(true));
          return new Promise(() => {});
        },
      },
      { handlerTimeoutMs: 30 },
    );
    await eventually(async () => aborted.length === 1 && (await broker.call('XLEN', stream.key)) === 2);
    await eventually(async () => (await pendingOf(stream)) === 0);
    expect(await deadLettersOf(stream)).toEqual([]);
  });

  it('dead-letters what does not parse, has no handler or is expired, once', async () => {
    const stream = toyStream();
    await broker.call('XADD', stream.key, '*', 'm', '{"payload":{}}');
    await broker.call('XADD', stream.key, '*', 'other', 'field');
    await producer.publish(stream.key, toyMessage(1, { type: 'toy.unknown.v1' }));
    await producer.publish(stream.key, toyMessage(2, { expires_at: Date.now() / 1000 - 1 }));
    await producer.publish(stream.key, toyMessage(3, { type: 'toString' }));
    const reasons: string[] = [];
    await consume(
      stream,
      { 'toy.made.v1': () => ack() },
      { onError: (_, { reason }) => reasons.push(reason) },
    );
    await eventually(async () => (await deadLettersOf(stream)).length === 5);
    const letters = await deadLettersOf(stream);
    expect(letters.map(({ reason }) => reason).sort()).toEqual([
      'expired',
      'invalid',
      'invalid',
      'unknown_type',
      'unknown_type',
    ]);
    expect(letters[0]?.error).toBe('payload.n: expected a number');
    expect(reasons).toEqual(['invalid', 'invalid', 'expired']);
    expect(await pendingOf(stream)).toBe(0);
    expect(await broker.call('XLEN', stream.key)).toBe(5);
  });

  it('tries a message again for its own group only', async () => {
    const stream = toyStream(['toys', 'others']);
    const seen: string[] = [];
    const others = await leaseConsumerSlot(broker, {
      tag: TAG,
      group: 'others',
      service: 'toy',
      instance: 'a',
    });
    await consume(stream, {
      'toy.made.v1': ({ attempt }) => {
        seen.push(`toys ${attempt}`);
        return attempt === 1 ? retry({ afterMs: 1 }) : ack();
      },
    });
    const count = ({ attempt }: Delivered<ToyMessage>) => {
      seen.push(`others ${attempt}`);
      return ack();
    };
    await consume(stream, { 'toy.made.v1': count }, { group: 'others', consumer: others });
    await producer.publish(stream.key, toyMessage(1));
    await eventually(async () => seen.includes('toys 2') && (await pendingOf(stream)) === 0);
    await eventually(async () => (await pendingOf(stream, 'others')) === 0);
    expect(seen.sort()).toEqual(['others 1', 'toys 1', 'toys 2']);
    await others.stop();
  });

  it('reads first what an earlier holder of its name left pending, and knows the lost attempt', async () => {
    const stream = toyStream();
    await producer.publishAll([1, 2].map((n) => ({ stream: stream.key, message: toyMessage(n) })));
    await broker.call('XGROUP', 'CREATE', stream.key, 'toys', '0');
    await broker.call('XREADGROUP', 'GROUP', 'toys', slot.name, 'COUNT', 2, 'STREAMS', stream.key, '>');
    await broker.call(
      'XDEL',
      stream.key,
      String(asEntries(await broker.call('XRANGE', stream.key, '-', '+'))[1]?.id),
    );
    await producer.publish(stream.key, toyMessage(3));
    const seen: unknown[] = [];
    await consume(stream, {
      'toy.made.v1': ({ message, attempt, history }) => {
        seen.push([message.payload.n, attempt, history.map(({ outcome }) => outcome)]);
        return ack();
      },
    });
    await eventually(async () => seen.length === 2 && (await pendingOf(stream)) === 0);
    expect(seen).toEqual([
      [1, 2, ['lost']],
      [3, 1, []],
    ]);
  });

  it('handles messages of a stream side by side if it may', async () => {
    const stream = toyStream();
    const gate = Promise.withResolvers<void>();
    let [running, most] = [0, 0];
    await producer.publishAll([1, 2, 3, 4, 5].map((n) => ({ stream: stream.key, message: toyMessage(n) })));
    const handler = async () => {
      running += 1;
      most = Math.max(most, running);
      await gate.promise;
      running -= 1;
      return ack();
    };
    await consume(stream, { 'toy.made.v1': handler }, { concurrency: 3 });
    await eventually(() => running === 3);
    gate.resolve();
    await eventually(async () => (await pendingOf(stream)) === 0);
    expect(most).toBe(3);
  });

  it('fails a batch whose handler forgot an outcome, then handles its messages one by one', async () => {
    const stream = toyStream();
    const sizes: number[] = [];
    await producer.publishAll([1, 2, 3].map((n) => ({ stream: stream.key, message: toyMessage(n) })));
    await consume(stream, {
      batch: async (messages) => {
        sizes.push(messages.length);
        return messages.length > 1 ? [ack()] : [ack()];
      },
    });
    await eventually(async () => sizes.length === 4 && (await pendingOf(stream)) === 0);
    expect(sizes).toEqual([3, 1, 1, 1]);
  });

  it('keeps entries it works on from being claimed as idle, as long as they are its own', async () => {
    const stream = toyStream();
    const ids = await producer.publishAll(
      [1, 2, 3].map((n) => ({ stream: stream.key, message: toyMessage(n) })),
    );
    await broker.call('XGROUP', 'CREATE', stream.key, 'toys', '0');
    await broker.call('XREADGROUP', 'GROUP', 'toys', slot.name, 'STREAMS', stream.key, '>');
    await broker.call('XCLAIM', stream.key, 'toys', 'thief', 0, ids[1] ?? '');
    const taken = {
      consumer: slot.name,
      redelivered: false,
      entries: ids.map((id) => ({ stream: stream.key, entry: { id, fields: {} }, lostDeliveries: 0 })),
    };
    const idle = async (): Promise<number[]> =>
      ((await broker.call('XPENDING', stream.key, 'toys', '-', '+', 3)) as number[][]).map((row) =>
        Number(row[2]),
      );
    await eventually(async () => (await idle()).every((ms) => ms > 30));
    const hold = holdPending(broker, 'toys', taken, silentLogger, 5);
    hold.release(stream.key, ids[2] ?? '');
    await eventually(async () => ((await idle())[0] ?? 99) < 20);
    const [, stolen, released] = await idle();
    expect(stolen).toBeGreaterThan(30);
    expect(released).toBeGreaterThan(30);
    hold.end();
    const rows = (await broker.call('XPENDING', stream.key, 'toys', '-', '+', 3)) as unknown[][];
    expect(rows.map((row) => [row[1], row[3]])).toEqual([
      [slot.name, 1],
      ['thief', 2],
      [slot.name, 1],
    ]);
  });

  it('reads several streams by one connection, each in its own order', async () => {
    const streams = [toyStream(), toyStream()];
    const seen = new Map<string, number[]>(streams.map(({ key }) => [key, []]));
    await consume(
      streams[0] as StreamDeclaration,
      {
        'toy.made.v1': ({ stream, message }) => {
          seen.get(stream)?.push(message.payload.n);
          return ack();
        },
      },
      { streams },
    );
    for (const n of [1, 2, 3]) for (const { key } of streams) await producer.publish(key, toyMessage(n));
    await eventually(() => [...seen.values()].every((numbers) => numbers.length === 3));
    expect([...seen.values()]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(broker.status().connections).toEqual({ main: 1, 'toys consumer': 1 });
  });

  it('refuses streams of two tags', () => {
    const streams = [toyStream(), { key: '{other}.toys', kind: 'work', groups: [] } as const];
    const handlers = { 'toy.made.v1': () => ack() };
    const options = { broker, codec: toyCodec, group: 'toys', consumer: slot, streams, handlers };
    expect(() => createConsumer(options)).toThrow(CrossTagError);
  });

  it('is stopped and started any number of times', async () => {
    const stream = toyStream();
    const handlers = { 'toy.made.v1': () => ack() };
    const consumer = createConsumer({
      broker,
      codec: toyCodec,
      group: 'toys',
      consumer: slot,
      streams: [stream],
      handlers,
    });
    await consumer.stop();
    await consumer.start();
    await consumer.start();
    await producer.publish(stream.key, toyMessage(1));
    await Promise.all([consumer.stop(), consumer.stop()]);
    await consumer.start();
    await eventually(async () => (await pendingOf(stream)) === 0);
    await consumer.stop();
    expect(broker.status().connections).toEqual({ main: 1 });
  });
});
