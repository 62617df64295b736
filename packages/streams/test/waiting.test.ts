import { startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type Broker,
  countWaiting,
  delayedKey,
  oldestDelayedMs,
  oldestUnsettledMs,
  openBroker,
} from '../src/index.ts';

const stream = '{waiting}.work';
const group = 'workers';
let server: TestBroker;
let broker: Broker;

beforeAll(async () => {
  server = await startTestBroker();
  broker = await openBroker({ url: server.url, name: 'waiting test' });
});

afterAll(async () => {
  await broker.close();
  await server.stop();
});

const add = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n += 1) await broker.call('XADD', stream, '*', 'm', n);
};
const read = (count: number) =>
  broker.call('XREADGROUP', 'GROUP', group, 'one', 'COUNT', count, 'STREAMS', stream, '>');
const settle = () => broker.call('XAUTOCLAIM', stream, group, 'one', 0, '0-0', 'COUNT', 100, 'JUSTID');

it('counts what a group was not given and what it has not settled, and nothing of what it has', async () => {
  expect(await countWaiting(broker, stream, group)).toBe(0);
  await add(5);
  expect(await countWaiting(broker, stream, group)).toBe(5);
  await broker.call('XGROUP', 'CREATE', stream, group, '0');
  expect(await countWaiting(broker, stream, group)).toBe(5);
  await read(2);
  expect(await countWaiting(broker, stream, group)).toBe(5);
  const [, ids] = (await settle()) as [string, string[]];
  await broker.call('XACK', stream, group, ...ids);
  expect(await countWaiting(broker, stream, group)).toBe(3);
  await read(3);
  expect(await countWaiting(broker, stream, group)).toBe(3);
});

it('is never more than what is kept, and 0 when all is done, whatever lag the server tells', async () => {
  const [, ids] = (await settle()) as [string, string[]];
  await broker.call('XACK', stream, group, ...ids);
  // The counters a server may have wrong after a restart.
  const [newest] = (await broker.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)) as [[string]];
  await broker.call('XSETID', stream, newest[0], 'ENTRIESADDED', 5_000, 'MAXDELETEDID', '0-0');
  expect(await countWaiting(broker, stream, group)).toBe(0);
  await add(1);
  expect(await countWaiting(broker, stream, group)).toBeLessThanOrEqual(6);
  expect(await countWaiting(broker, stream, group)).toBeGreaterThan(0);
});

it('knows when the oldest was written that was put off, of those of the group', async () => {
  const key = '{waiting}.put-off';
  expect(await oldestDelayedMs(broker, key, group)).toBeUndefined();
  const later = [`${group}|2000-1`, `${group}|1000-7`, 'others|500-0'];
  for (const [i, member] of later.entries()) await broker.call('ZADD', delayedKey(key), 9_000 + i, member);
  expect(await oldestDelayedMs(broker, key, group)).toBe(1000);
});

it('knows when the oldest was written that is not settled, whether it was given or not', async () => {
  const key = '{waiting}.ages';
  const oldest = () => oldestUnsettledMs(broker, key, group);
  expect(await oldest()).toBeUndefined();
  for (const id of ['1000-0', '1000-1', '2000-7', '3000-0']) await broker.call('XADD', key, id, 'm', 1);
  expect(await oldest()).toBe(1000);
  await broker.call('XGROUP', 'CREATE', key, group, '0');
  await broker.call('XREADGROUP', 'GROUP', group, 'one', 'COUNT', 3, 'STREAMS', key, '>');
  expect(await oldest()).toBe(1000);
  await broker.call('XACK', key, group, '1000-0', '1000-1');
  expect(await oldest()).toBe(2000);
  await broker.call('XACK', key, group, '2000-7');
  expect(await oldest()).toBe(3000);
  await broker.call('XREADGROUP', 'GROUP', group, 'one', 'COUNT', 3, 'STREAMS', key, '>');
  await broker.call('XACK', key, group, '3000-0');
  expect(await oldest()).toBeUndefined();
});
