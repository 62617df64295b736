import { startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Broker, deadLetterKey, delayedKey, LAG_MAX, openBroker, readBacklogs } from '../src/index.ts';

let server: TestBroker;
let broker: Broker;

beforeAll(async () => {
  server = await startTestBroker();
  broker = await openBroker({ url: server.url, name: 'backlog' });
});
afterAll(async () => {
  await broker.close();
  await server.stop();
});

const GROUP = 'workers';
let streams = 0;
const newStream = (): string => `{backlog}.${++streams}`;
const fill = (stream: string, count: number) =>
  broker.batch(Array.from({ length: count }, (_, i) => ['XADD', stream, `${i + 1}-1`, 'm', 'x'] as const));
const backlogOf = async (stream: string) => (await readBacklogs(broker, [stream], GROUP))[0];

test('a stream that does not exist has no backlog', async () => {
  const stream = newStream();
  expect(await backlogOf(stream)).toEqual({
    ...{ stream, entries: 0, delayed: 0, deadLetters: 0, lag: 0, pending: 0, consumers: [] },
    ...{ oldestWaitingMs: undefined, oldestPendingMs: undefined },
  });
});

test('all waits for a group that does not exist yet', async () => {
  const stream = newStream();
  await fill(stream, 3);
  expect(await backlogOf(stream)).toMatchObject({ entries: 3, lag: 3, oldestWaitingMs: 1, pending: 0 });
});

test('what a group was given, settled and not given is told apart, with the oldest of each', async () => {
  const stream = newStream();
  await fill(stream, 10);
  await broker.call('ZADD', delayedKey(stream), 1, 'later');
  await broker.call('XADD', deadLetterKey(stream), '*', 'm', 'x');
  await broker.call('XGROUP', 'CREATE', stream, GROUP, '0');
  await broker.call('XREADGROUP', 'GROUP', GROUP, 'one', 'COUNT', 4, 'STREAMS', stream, '>');
  await broker.call('XACK', stream, GROUP, '1-1', '3-1');
  expect(await backlogOf(stream)).toEqual({
    ...{ stream, entries: 10, delayed: 1, deadLetters: 1, consumers: ['one'] },
    ...{ lag: 6, oldestWaitingMs: 5, pending: 2, oldestPendingMs: 2 },
  });
});

test('the lag is right where the server does not know it: after entries were deleted', async () => {
  const stream = newStream();
  await fill(stream, 600);
  await broker.call('XGROUP', 'CREATE', stream, GROUP, '50-1');
  await broker.call('XDEL', stream, '100-1', '101-1');
  expect(await backlogOf(stream)).toMatchObject({ lag: 548, oldestWaitingMs: 51 });
});

test('no more is counted than the bound', async () => {
  const stream = newStream();
  for (let from = 0; from < 12_000; from += 1000) {
    await broker.batch(
      Array.from({ length: 1000 }, () => ['XADD', stream, '*', 'm', 'x'.repeat(500)] as const),
    );
  }
  expect(await backlogOf(stream)).toMatchObject({ entries: 12_000, lag: LAG_MAX });
});

test('a question that is refused is no answer: what is not known is not told', async () => {
  const stream = newStream();
  await fill(stream, 3);
  await broker.call('XGROUP', 'CREATE', stream, GROUP, '$');
  await broker.call('ACL', 'SETUSER', 'curious', 'on', '>secret', '~*', '+@all', '-xinfo');
  const url = new URL(server.url);
  [url.username, url.password] = ['curious', 'secret'];
  const curious = await openBroker({ url: url.href, name: 'curious' });
  try {
    await expect(readBacklogs(curious, [stream], GROUP)).rejects.toThrow('NOPERM');
  } finally {
    await curious.close();
  }
  expect(await backlogOf(stream)).toMatchObject({ entries: 3, lag: 0 });
});
