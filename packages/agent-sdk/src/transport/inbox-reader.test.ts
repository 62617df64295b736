import { INBOX_GROUP, newAgentId } from '@nova-torch/protocol';
import { type Broker, openBroker } from '@nova-torch/streams';
import {
  createFaultProxy,
  eventually,
  type FaultProxy,
  startTestBroker,
  type TestBroker,
} from '@nova-torch/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InboxReader } from './inbox-reader.ts';

const INBOX = '{nova.torch}.inbox.reader-test';

let server: TestBroker;
let proxy: FaultProxy;
let broker: Broker;
let direct: Broker;

beforeEach(async () => {
  server = await startTestBroker();
  proxy = await createFaultProxy({ port: server.port });
  broker = await openBroker({ url: proxy.url, name: 'agent' });
  direct = await openBroker({ url: server.url, name: 'registry' });
});
afterEach(async () => {
  await broker.close();
  await direct.close();
  await proxy.close();
  await server.stop();
});

test('a message the broker gave to a read whose agent was cut off without its knowledge comes with the next read', async () => {
  await direct.call('XGROUP', 'CREATE', INBOX, INBOX_GROUP, '0', 'MKSTREAM');
  const reader = new InboxReader(broker, INBOX, newAgentId(0, Date.now()));
  const blocked = async (): Promise<boolean> =>
    / name=agent-inbox .* flags=b/.test(String(await direct.call('CLIENT', 'LIST')));
  const lost = reader.read(10, 2_000);
  await eventually(blocked);
  proxy.hit('vanish', { name: /-inbox$/ });
  await expect(lost).rejects.toThrow(/lost/);
  const next = reader.read(10, 2_000);
  await eventually(() => broker.status().connections.inbox === 1);
  await eventually(blocked);
  const id = await direct.call('XADD', INBOX, '*', 'm', 'hello');
  expect((await next).map((entry) => entry.id)).toEqual([id]);
  await reader.close();
});
