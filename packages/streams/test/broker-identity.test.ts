import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Broker, type BrokerIdentity, createBrokerIdentity, openBroker } from '../src/index.ts';
import { startTestServer, type TestServer } from './support/redis-server.ts';

let server: TestServer;
let broker: Broker;

beforeAll(async () => {
  server = await startTestServer();
  broker = await openBroker({ url: server.url, name: 'identity-test' });
});
afterAll(async () => {
  await broker.close();
  await server.stop();
});

const watch = async (changes: string[], everyMs = 60_000): Promise<BrokerIdentity> => {
  const identity = createBrokerIdentity({ broker, tag: '{test}', everyMs });
  identity.onChange(() => changes.push(identity.name));
  await identity.start();
  return identity;
};

it('a broker that lost its data has another name, which all who look agree on', async () => {
  const [first, second]: [string[], string[]] = [[], []];
  const one = await watch(first);
  const other = await watch(second);
  expect(one.name).toBe(other.name);
  expect(await one.look()).toBe(false);
  await broker.call('FLUSHALL');
  expect(await one.look()).toBe(true);
  expect(await other.look()).toBe(true);
  expect(one.name).toBe(other.name);
  expect([first, second]).toEqual([[one.name], [one.name]]);
  await Promise.all([one.stop(), other.stop()]);
});

it('is looked at without being asked', async () => {
  const changes: string[] = [];
  const identity = await watch(changes, 10);
  await broker.call('FLUSHALL');
  await expect.poll(() => changes.length, { timeout: 20_000 }).toBe(1);
  await identity.stop();
});
