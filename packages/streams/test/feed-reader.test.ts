import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type Broker,
  createFeedReader,
  createProducer,
  FIELD,
  FIRST_ID,
  openBroker,
  type Producer,
  type Service,
} from '../src/index.ts';
import { eventually, startTestServer, type TestServer } from './support/redis-server.ts';
import { TAG, type ToyMessage, toyCodec, toyMessage } from './support/toy-catalog.ts';

/** A read model as services keep it: what it saw, and the snapshots it loaded. */
class Model {
  readonly seen: number[] = [];
  readonly gapsFrom: number[] = [];
  lastId = FIRST_ID;
  failing = false;
  snapshotId: () => Promise<string>;

  constructor(snapshotId: () => Promise<string>) {
    this.snapshotId = snapshotId;
  }

  onMessages(messages: { message: ToyMessage; entryId: string }[]): void {
    if (this.failing) throw new Error('the model is broken');
    for (const { message, entryId } of messages) {
      this.seen.push(message.payload.n);
      this.lastId = entryId;
    }
  }

  async onGap(): Promise<string> {
    this.gapsFrom.push(this.seen.length);
    return this.snapshotId();
  }
}

describe('feed reader', () => {
  let server: TestServer;
  let broker: Broker;
  let producer: Producer<ToyMessage>;
  const started: Service[] = [];
  let feeds = 0;

  beforeAll(async () => {
    server = await startTestServer();
    broker = await openBroker({ url: server.url, name: 'test' });
    producer = createProducer(broker, toyCodec);
  });
  afterEach(async () => {
    for (const service of started.splice(0)) await service.stop();
  });
  afterAll(async () => {
    await broker.close();
    await server.stop();
  });

  const newFeed = (): string => {
    feeds += 1;
    return `${TAG}.feed.${feeds}`;
  };
  const newestId = async (key: string): Promise<string> => {
    const entries = (await broker.call('XREVRANGE', key, '+', '-', 'COUNT', 1)) as [string][];
    return entries[0]?.[0] ?? FIRST_ID;
  };
  const follow = async (
    key: string,
    from: string,
    model = new Model(() => newestId(key)),
  ): Promise<Model> => {
    const feed = { key, from, onMessages: model.onMessages.bind(model), onGap: model.onGap.bind(model) };
    const reader = createFeedReader({ broker, codec: toyCodec, feeds: [feed] });
    started.push(reader);
    await reader.start();
    return model;
  };
  const publishAtOnce = (key: string, ...numbers: number[]): Promise<unknown> =>
    broker.batch([
      ['MULTI'],
      ...numbers.map((n) => ['XADD', key, '*', FIELD.message, toyCodec.encode(toyMessage(n))] as const),
      ['EXEC'],
    ]);
  const publish = (key: string, n: number): Promise<string> => producer.publish(key, toyMessage(n));

  it('follows several feeds from their ids by one connection', async () => {
    const [a, b] = [newFeed(), newFeed()];
    const from = await publish(a, 1);
    await publish(a, 2);
    const seen: string[] = [];
    const reader = createFeedReader<ToyMessage>({
      broker,
      codec: toyCodec,
      feeds: [a, b].map((key) => ({
        key,
        from: key === a ? from : FIRST_ID,
        onMessages: (messages) =>
          void seen.push(...messages.map(({ message }) => `${key} ${message.payload.n}`)),
        onGap: () => Promise.reject(new Error('there is no gap')),
      })),
    });
    await reader.stop();
    await reader.start();
    await reader.start();
    started.push(reader);
    await eventually(() => seen.length === 1);
    await publish(b, 3);
    await broker.call('XADD', b, '*', 'm', 'does not parse');
    await publish(b, 4);
    await eventually(() => seen.length === 3);
    expect(seen).toEqual([`${a} 2`, `${b} 3`, `${b} 4`]);
    expect(broker.status().connections).toEqual({ main: 1, feeds: 1 });
  });

  it('reloads its snapshot when its position was trimmed away', async () => {
    const key = newFeed();
    const from = await publish(key, 1);
    for (const n of [2, 3]) await publish(key, n);
    await broker.call('XTRIM', key, 'MAXLEN', 1);
    const model = await follow(key, from);
    await eventually(() => model.gapsFrom.length === 1);
    await publish(key, 4);
    await eventually(() => model.seen.length === 1);
    expect(model.seen).toEqual([4]);
    expect(model.gapsFrom).toEqual([0]);
  });

  it('sees that a feed begun before its first entry lost some of it', async () => {
    const [whole, trimmed] = [newFeed(), newFeed()];
    for (const key of [whole, trimmed]) for (const n of [1, 2]) await publish(key, n);
    await broker.call('XTRIM', trimmed, 'MAXLEN', 1);
    const models = await Promise.all([follow(whole, FIRST_ID), follow(trimmed, FIRST_ID)]);
    await eventually(() => models[0]?.seen.length === 2 && models[1]?.gapsFrom.length === 1);
    expect(models[0]?.gapsFrom).toEqual([]);
  });

  it('reloads its snapshot when the broker lost its data', async () => {
    const key = newFeed();
    const model = await follow(key, FIRST_ID);
    await publish(key, 1);
    await eventually(() => model.seen.length === 1);
    await server.restart();
    await eventually(() => model.gapsFrom.length === 1);
    await publish(key, 2);
    await eventually(() => model.seen.length === 2);
    expect(model.seen).toEqual([1, 2]);
  });

  it('reloads its snapshot when a batch was not handled, until that works', async () => {
    const key = newFeed();
    const model = new Model(() => {
      if (model.failing) {
        model.failing = false;
        return Promise.reject(new Error('no snapshot yet'));
      }
      return Promise.resolve(first);
    });
    model.failing = true;
    await follow(key, FIRST_ID, model);
    const first = await publish(key, 1);
    await eventually(() => model.gapsFrom.length === 2);
    await publish(key, 2);
    await eventually(() => model.seen.length === 1);
    expect(model.seen).toEqual([2]);
  });

  it('reads what comes all the time less often, all of it and in its order, and what comes after a quiet time at once', async () => {
    const key = newFeed();
    const batches: number[][] = [];
    const take = (messages: readonly { message: ToyMessage }[]): void => {
      batches.push(messages.map(({ message }) => message.payload.n));
    };
    const feed = { key, from: FIRST_ID, onMessages: take, onGap: () => newestId(key) };
    const reader = createFeedReader({ broker, codec: toyCodec, feeds: [feed], gatherMs: 1_500 });
    started.push(reader);
    await reader.start();
    await publish(key, 1);
    await eventually(() => batches.flat().length === 1);
    expect(batches).toEqual([[1]]);
    await publishAtOnce(key, 2, 3, 4);
    await eventually(() => batches.flat().length === 4);
    expect(batches).toEqual([[1], [2, 3, 4]]);
  });
});
