// What a gateway believes of its broker: data that went back is noticed, and answers taken in another order are no loss.
import { type Broker, openBroker } from '@nova-torch/streams';
import { startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BrokerMark } from '../src/journal/broker-mark.ts';

let server: TestBroker;
let broker: Broker;
let mark: BrokerMark;
let key = '';
let marks = 0;
/** What a question that is asked now waits for between its answer and whoever asked. */
let waitsWithAnswer: (() => Promise<void>) | undefined;

beforeAll(async () => {
  server = await startTestBroker();
  broker = await openBroker({ url: server.url, name: 'test' });
});
afterAll(async () => {
  await broker.close();
  await server.stop();
});
beforeEach(async () => {
  marks += 1;
  key = `{nova.torch}:mark:${marks}`;
  mark = new BrokerMark(
    {
      batch: (commands) => broker.batch(commands),
      async call(command, ...args) {
        const wait = waitsWithAnswer;
        const reply = await broker.call(command, ...args);
        await wait?.();
        return reply;
      },
    },
    key,
  );
  await mark.hold('start');
  await mark.set(1);
});

const raised = async (): Promise<string | undefined> => {
  const raise = mark.raise(1);
  return raise.judge(await broker.batch(raise.commands));
};

/** Asks the broker, which answers at once; the mark hears of it when `takeAnswer` was called. */
async function lookOfWhichTheAnswerWaits() {
  const [answered, taken] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  waitsWithAnswer = async () => {
    answered.resolve();
    await taken.promise;
  };
  const look = mark.look();
  waitsWithAnswer = undefined;
  await answered.promise;
  return { look, takeAnswer: taken.resolve };
}

describe('a broker that has everything is believed', () => {
  test('when the answers to two raises are taken in the other order', async () => {
    const [first, second] = [mark.raise(1), mark.raise(2)];
    const [one, two] = [await broker.batch(first.commands), await broker.batch(second.commands)];
    expect(second.judge(two)).toBeUndefined();
    expect(first.judge(one)).toBeUndefined();
    expect(await raised()).toBeUndefined();
  });

  test('when a raise is heard of before a look that was asked for earlier', async () => {
    const { look, takeAnswer } = await lookOfWhichTheAnswerWaits();
    expect(await raised()).toBeUndefined();
    takeAnswer();
    expect((await look).behind).toBeUndefined();
    expect(await raised()).toBeUndefined();
  });

  test('when a look is heard of before the raise that it saw', async () => {
    const raise = mark.raise(1);
    const replies = await broker.batch(raise.commands);
    expect((await mark.look()).behind).toBeUndefined();
    expect(raise.judge(replies)).toBeUndefined();
    expect(await raised()).toBeUndefined();
  });

  test('when the mark is held while a look is on its way', async () => {
    const { look, takeAnswer } = await lookOfWhichTheAnswerWaits();
    await mark.hold('older');
    takeAnswer();
    expect((await look).behind).toBeUndefined();
    expect((await mark.look()).behind).toBeUndefined();
  });

  test('when the mark is set while a look is on its way', async () => {
    await mark.hold('older');
    const { look, takeAnswer } = await lookOfWhichTheAnswerWaits();
    await mark.set(2);
    expect(await raised()).toBeUndefined();
    takeAnswer();
    expect((await look).behind).toBeUndefined();
    expect((await mark.look()).behind).toBeUndefined();
  });

  test('when what was asked before its data went is heard of after the mark was set on the new ones', async () => {
    for (let i = 0; i < 3; i += 1) expect(await raised()).toBeUndefined();
    const raise = mark.raise(1);
    const { look, takeAnswer } = await lookOfWhichTheAnswerWaits();
    await mark.hold('older');
    await broker.call('DEL', key);
    await mark.set(1);
    expect(raise.judge(await broker.batch(raise.commands))).toBeUndefined();
    takeAnswer();
    expect((await look).behind).toBeUndefined();
    for (let i = 0; i < 3; i += 1) expect(await raised()).toBeUndefined();
  });

  test('by a thousand raises at once, and looks in between', async () => {
    const raises = Array.from({ length: 1_000 }, async (_, i) => [
      await raised(),
      i % 10 === 0 ? (await mark.look()).behind : undefined,
    ]);
    expect((await Promise.all(raises)).flat().filter((behind) => behind !== undefined)).toEqual([]);
  });
});

describe('a broker that is behind is found out', () => {
  test('by the next raise, when the data went back', async () => {
    for (let i = 0; i < 3; i += 1) expect(await raised()).toBeUndefined();
    await broker.call('HINCRBY', key, 'count', -2);
    expect(await raised()).toBe('older');
  });

  test('by the next raise, when the data is gone', async () => {
    expect(await raised()).toBeUndefined();
    await broker.call('DEL', key);
    expect(await raised()).toBe('lost');
  });

  test('by a raise that began before what was lost was heard of', async () => {
    const raise = mark.raise(1);
    expect(await raised()).toBeUndefined();
    await broker.call('HINCRBY', key, 'count', -1);
    expect(raise.judge(await broker.batch(raise.commands))).toBe('older');
  });

  test('by a look', async () => {
    for (let i = 0; i < 3; i += 1) expect(await raised()).toBeUndefined();
    await broker.call('HINCRBY', key, 'count', -1);
    expect((await mark.look()).behind).toBe('older');
    await broker.call('DEL', key);
    expect((await mark.look()).behind).toBe('lost');
  });

  test('by a look while the mark is held: it lost its data again', async () => {
    await mark.hold('older');
    expect((await mark.look()).behind).toBeUndefined();
    await broker.call('DEL', key);
    expect((await mark.look()).behind).toBe('lost');
  });
});
