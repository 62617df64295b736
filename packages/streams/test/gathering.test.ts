// Reads that are kept apart: fewer of them, and nothing waits that need not.
import { describe, expect, it } from 'vitest';
import {
  ack,
  type Broker,
  type ConsumerSlot,
  createConsumer,
  FIELD,
  type Producer,
  type StreamDeclaration,
} from '../src/index.ts';
import { eventually } from './support/redis-server.ts';
import { type ToyMessage, toyCodec, toyMessage, toyStream } from './support/toy-catalog.ts';
import { useToys } from './support/use-toys.ts';

describe('a consumer that lets entries gather', () => {
  let broker: Broker;
  let slot: ConsumerSlot;
  let producer: Producer<ToyMessage>;
  const started = useToys((toys) => {
    ({ broker, slot, producer } = toys);
  });

  const consume = async (stream: StreamDeclaration, options: { gatherMs: number; batch?: number }) => {
    const batches: number[][] = [];
    const consumer = createConsumer<ToyMessage>({
      ...{ broker, codec: toyCodec, group: 'toys', consumer: slot, streams: [stream] },
      handlers: {
        batch: async (batch) => {
          batches.push(batch.map(({ message }) => message.payload.n));
          return batch.map(() => ack());
        },
      },
      ...options,
    });
    started.push(consumer);
    await consumer.start();
    return { batches, consumer };
  };

  it('takes the first at once, and what comes right after it together', async () => {
    const stream = toyStream();
    const { key } = stream;
    const { batches } = await consume(stream, { gatherMs: 1_500 });
    await producer.publish(key, toyMessage(1));
    await eventually(() => batches.flat().length === 1);
    expect(batches).toEqual([[1]]);
    const adds = [2, 3, 4].map(
      (n) => ['XADD', key, '*', FIELD.message, toyCodec.encode(toyMessage(n))] as const,
    );
    await broker.batch([['MULTI'], ...adds, ['EXEC']]);
    await eventually(() => batches.flat().length === 4);
    expect(batches).toEqual([[1], [2, 3, 4]]);
  });

  it('goes on at once after a full batch', async () => {
    const stream = toyStream();
    const { key } = stream;
    await producer.publishAll([1, 2, 3, 4, 5].map((n) => ({ stream: key, message: toyMessage(n) })));
    const { batches } = await consume(stream, { gatherMs: 60_000, batch: 2 });
    await eventually(() => batches.flat().length === 5);
    expect(batches).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('does not wait when it is stopped', async () => {
    const stream = toyStream();
    const { key } = stream;
    const { batches, consumer } = await consume(stream, { gatherMs: 60_000 });
    await producer.publish(key, toyMessage(1));
    await eventually(() => batches.flat().length === 1);
    expect(batches).toEqual([[1]]);
    await consumer.stop();
    expect(await broker.call('XPENDING', key, 'toys')).toEqual([0, null, null, null]);
  });
});
