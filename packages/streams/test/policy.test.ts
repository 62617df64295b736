// What a stream declares about itself is what its consumer, its reclaimer, its promoter and its trimmers do.
import { describe, expect, it } from 'vitest';
import {
  ack,
  asEntries,
  type Broker,
  type ConsumerSlot,
  createConsumer,
  createDeadLetterTrimmer,
  type Delivered,
  deadLetterKey,
  deadLetters,
  type Handlers,
  type Producer,
  retry,
  type StreamDeclaration,
  settleBatch,
} from '../src/index.ts';
import { delayedKey, leastBatch } from '../src/stream-declaration.ts';
import { eventually } from './support/redis-server.ts';
import { type ToyMessage, toyCodec, toyMessage, toyStream } from './support/toy-catalog.ts';
import { useToys } from './support/use-toys.ts';

describe('policy', () => {
  let broker: Broker;
  let slot: ConsumerSlot;
  let producer: Producer<ToyMessage>;
  const started = useToys(
    (toys) => {
      ({ broker, slot, producer } = toys);
    },
    ['--stream-node-max-entries', '4'],
  );

  const consume = async (
    streams: readonly StreamDeclaration[],
    handlers: Handlers<ToyMessage>,
    usual: { batch?: number; concurrency?: number; maxDeliveries?: number } = {},
  ): Promise<void> => {
    const consumer = createConsumer<ToyMessage>({
      ...{ broker, codec: toyCodec, group: 'toys', consumer: slot, streams, handlers, ...usual },
    });
    started.push(consumer);
    await consumer.start();
  };
  const publish = (stream: StreamDeclaration, count: number): Promise<string[]> =>
    producer.publishAll(
      Array.from({ length: count }, (_, n) => ({ stream: stream.key, message: toyMessage(n) })),
    );

  it('a consumer takes no more at once than its streams declare', async () => {
    const [small, large] = [
      { ...toyStream(), batch: 7 },
      { ...toyStream(), batch: 100 },
    ];
    await publish(small, 30);
    await publish(large, 30);
    const sizes: number[] = [];
    const seen = { [small.key]: 0, [large.key]: 0 };
    const batch = async (messages: readonly Delivered<ToyMessage>[]) => {
      for (const { stream } of messages) seen[stream] = (seen[stream] ?? 0) + 1;
      sizes.push(messages.length);
      return messages.map(() => ack());
    };
    await consume([small, large], { batch }, { batch: 200 });
    await eventually(() => seen[small.key] === 30 && seen[large.key] === 30);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2 * 7);
    expect(leastBatch([small, large, 'another'], 50)).toBe(7);
    expect(leastBatch([large, 'another'], 50)).toBe(50);
  });

  it('messages of a stream are handled as many at a time as it declares, each stream for itself', async () => {
    const [one, three] = [
      { ...toyStream(), concurrency: 1 },
      { ...toyStream(), concurrency: 3 },
    ];
    await publish(one, 12);
    await publish(three, 12);
    const running = new Map<string, number>();
    const most = new Map<string, number>();
    let done = 0;
    const handler = async ({ stream }: Delivered<ToyMessage>) => {
      const now = (running.get(stream) ?? 0) + 1;
      running.set(stream, now);
      most.set(stream, Math.max(most.get(stream) ?? 0, now));
      await new Promise((resolve) => setImmediate(resolve));
      running.set(stream, (running.get(stream) ?? 0) - 1);
      done += 1;
      return ack();
    };
    await consume([one, three], { 'toy.made.v1': handler }, { concurrency: 8 });
    await eventually(() => done === 24);
    expect([most.get(one.key), most.get(three.key)]).toEqual([1, 3]);
  });

  it('a failed attempt waits as its stream declares, and is given up as often as it declares', async () => {
    const slow = { ...toyStream(), backoff: { baseMs: 40_000, factor: 2, maxMs: 90_000 }, maxDeliveries: 9 };
    const last = { ...toyStream(), maxDeliveries: 1 };
    await publish(slow, 1);
    await publish(last, 1);
    await consume([slow, last], { 'toy.made.v1': () => retry() }, { maxDeliveries: 4 });
    await eventually(async () => (await broker.call('ZCARD', delayedKey(slow.key))) === 1);
    const [, due] = (await broker.call('ZRANGE', delayedKey(slow.key), 0, 0, 'WITHSCORES')) as string[];
    const inMs = Number(due) - broker.serverNowMs();
    expect(inMs).toBeGreaterThan(15_000);
    expect(inMs).toBeLessThanOrEqual(40_000);
    const letters = deadLetters(broker, toyCodec, last.key);
    await eventually(async () => (await letters.count()) === 1);
    expect((await letters.list())[0]).toMatchObject({ reason: 'max_deliveries', history: { length: 1 } });
  });

  it('dead letters are trimmed by age and by number, exactly; what goes is counted and said', async () => {
    const now = broker.serverNowMs();
    const fill = async ({ key }: StreamDeclaration, ages: readonly number[]): Promise<void> => {
      for (const age of ages) await broker.call('XADD', deadLetterKey(key), `${now - age}-1`, 'm', 'x');
    };
    const [aged, many, both, none] = [toyStream(), toyStream(), toyStream(), toyStream()];
    const old = [90_000, 80_000, 75_000, 72_000, 71_000, 70_000, 20_000, 10_000];
    await fill(aged, old.slice(0, 6));
    await fill(many, [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    await fill(both, old);
    const counted: unknown[] = [];
    const said: unknown[] = [];
    const logger = { debug() {}, info() {}, error() {}, warn: (fields: unknown) => said.push(fields) };
    const metrics = { observe() {}, increment: (...args: unknown[]) => counted.push(args) };
    const bounds = { maxLen: 100, maxAgeMs: 60_000 };
    const streams = [
      { key: aged.key, deadLetters: bounds },
      { key: many.key, deadLetters: { ...bounds, maxLen: 3 } },
      { key: both.key, deadLetters: { ...bounds, maxLen: 1 } },
      { key: none.key, deadLetters: bounds },
    ];
    const trimmer = createDeadLetterTrimmer({ broker, streams, logger, metrics });
    expect(await trimmer.runOnce()).toEqual({ dropped: 6 + 6 + 7 });
    expect(await trimmer.runOnce()).toEqual({ dropped: 0 });
    const left = async ({ key }: StreamDeclaration) =>
      asEntries(await broker.call('XRANGE', deadLetterKey(key), '-', '+')).map(({ id }) => id);
    expect(await left(aged)).toEqual([]);
    expect(await left(many)).toEqual([3, 2, 1].map((age) => `${now - age}-1`));
    expect(await left(both)).toEqual([`${now - 10_000}-1`]);
    const dropped = (stream: StreamDeclaration, why: string, count: number) => [
      'deadLettersDropped',
      { stream: stream.key, why },
      count,
    ];
    const begun = streams.flatMap(({ key }) =>
      ['age', 'number', 'limit'].map((why) => ['deadLettersDropped', { stream: key, why }, 0]),
    );
    expect(counted).toEqual([
      ...begun,
      dropped(aged, 'age', 6),
      dropped(many, 'number', 6),
      dropped(both, 'age', 6),
      dropped(both, 'number', 1),
    ]);
    expect(said).toHaveLength(4);
  });

  it('settling tells which delayed messages are due when, and that nothing had to go', async () => {
    const stream = toyStream();
    const ids = await publish(stream, 2);
    await broker.call('XGROUP', 'CREATE', stream.key, 'toys', '0');
    await broker.call('XREADGROUP', 'GROUP', 'toys', 'c', 'STREAMS', stream.key, '>');
    const step = { json: 'x', history: '[]' };
    const settled = await settleBatch(broker, {
      ...{ group: 'toys', consumer: 'c' },
      settlements: [
        {
          ...{ stream: stream.key, entryId: ids[0] ?? '' },
          step: { ...step, kind: 'retry', afterMs: 50, onlyGroup: '' },
        },
        {
          ...{ stream: stream.key, entryId: ids[1] ?? '' },
          step: { ...step, kind: 'dead_letter', reason: 'no', error: '' },
        },
      ],
    });
    expect(settled).toEqual({
      ...{ settled: 2, skipped: 0, dropped: [] },
      delayed: [{ stream: stream.key, dueMs: expect.any(Number) }],
    });
  });
});
