import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ack,
  type Broker,
  createConsumer,
  createProducer,
  createRequester,
  leaseConsumerSlot,
  NoAnswerError,
  openBroker,
  type Requester,
  replyOutgoing,
  replyTo,
  type Service,
} from '../src/index.ts';
import { startTestServer, type TestServer } from './support/redis-server.ts';
import { TAG, type ToyMessage, toyCodec, toyMessage, toyStream } from './support/toy-catalog.ts';
import { within } from './support/within.ts';

describe('requester', () => {
  let server: TestServer;
  let broker: Broker;
  let requester: Requester<ToyMessage>;
  const stopping: Service[] = [];
  const stream = toyStream();

  beforeAll(async () => {
    server = await startTestServer();
    broker = await openBroker({ url: server.url, name: 'test' });
    requester = createRequester({
      broker,
      codec: toyCodec,
      tag: TAG,
      instance: 'asker-1',
      timeoutMs: 10_000,
    });
    const slot = await leaseConsumerSlot(broker, { tag: TAG, group: 'toys', service: 'toy', instance: 'a' });
    const producer = createProducer(broker, toyCodec);
    const consumer = createConsumer({
      broker,
      codec: toyCodec,
      group: 'toys',
      consumer: slot,
      streams: [stream],
      handlers: {
        'toy.double.v1': (request) =>
          ack([replyOutgoing(request, toyMessage(request.message.payload.n * 2))]),
        'toy.directly.v1': async (request) => {
          await producer.reply(request, toyMessage(request.message.payload.n + 1));
          return ack();
        },
        'toy.silent.v1': () => ack(),
      },
    });
    stopping.push(requester, consumer, slot);
    await requester.start();
    await consumer.start();
  });
  afterAll(async () => {
    for (const service of stopping) await service.stop();
    await broker.close();
    await server.stop();
  });

  it('gets each answer to its question', async () => {
    const answers = await Promise.all(
      [1, 2, 3].map((n) => requester.request(stream.key, toyMessage(n, { type: 'toy.double.v1' }))),
    );
    expect(answers.map(({ payload }) => payload.n)).toEqual([2, 4, 6]);
    expect(answers[0]).toMatchObject({ target: 'asker-1', correlation_id: expect.any(String) });
    const direct = await requester.request(stream.key, toyMessage(5, { type: 'toy.directly.v1' }));
    expect(direct.payload.n).toBe(6);
  });

  it('asks again after the broker lost everything', async () => {
    await broker.call('FLUSHALL');
    const question = toyMessage(7, { type: 'toy.double.v1' });
    await expect(requester.request(stream.key, question, { timeoutMs: 20_000 })).resolves.toMatchObject({
      payload: { n: 14 },
    });
  });

  it('does not wait longer than the deadline, and leaves no answers piling up', async () => {
    const question = toyMessage(1, { type: 'toy.silent.v1' });
    const silent = () => requester.request(stream.key, question, { timeoutMs: 50 });
    await expect(within(500, silent, server.port)).rejects.toThrow(NoAnswerError);
    const replies = replyTo(toyMessage(1, { sender: 'asker-1' }), TAG);
    expect(replies).toBe(`${TAG}.replies.asker-1`);
    expect(Number(await broker.call('PTTL', replies))).toBeGreaterThan(50_000);
    for (let n = 0; n < 5; n += 1)
      await requester.request(stream.key, toyMessage(n, { type: 'toy.double.v1' }));
    expect(Number(await broker.call('XLEN', replies))).toBeLessThan(4);
  });

  it('tells at once when an answer does not parse, and ignores what it did not ask for', async () => {
    const question = toyMessage(1, { type: 'toy.silent.v1' });
    const waiting = expect(requester.request(stream.key, question)).rejects.toThrow(
      'the answer is invalid: payload.n',
    );
    const replies = replyTo(toyMessage(1, { sender: 'asker-1' }), TAG);
    const unasked = toyMessage(9, { correlation_id: 'nobody asked' });
    await broker.call('XADD', replies, '*', 'm', 'not JSON');
    await broker.call('XADD', replies, '*', 'm', toyCodec.encode(unasked));
    const broken = { ...toyMessage(1, { correlation_id: question.id }), payload: {} };
    await broker.call('XADD', replies, '*', 'm', JSON.stringify(broken));
    await waiting;
  });

  it('goes on when the connection its answers come on is killed', async () => {
    const clients = String(await broker.call('CLIENT', 'LIST'));
    const id = /^id=(\d+).* name=test-replies /m.exec(clients)?.[1];
    await broker.call('CLIENT', 'KILL', 'ID', id ?? '');
    const question = toyMessage(4, { type: 'toy.double.v1' });
    const answer = await within(1000, () => requester.request(stream.key, question), server.port);
    expect(answer).toMatchObject({ payload: { n: 8 } });
  });

  it('settles what waits when it is stopped', async () => {
    const other = createRequester({ broker, codec: toyCodec, tag: TAG, instance: 'asker-2' });
    await expect(other.request(stream.key, toyMessage(1))).rejects.toThrow('not started');
    await other.start();
    const waiting = expect(
      other.request(stream.key, toyMessage(1, { type: 'toy.silent.v1' })),
    ).rejects.toThrow(NoAnswerError);
    await other.stop();
    await waiting;
  });
});
