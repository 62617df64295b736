import { type AgentId, newAgentId, newTaskId, TaskStopV1 } from '@nova-torch/protocol';
import { asEntries, type Broker, openBroker } from '@nova-torch/streams';
import { startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { applyTransitions } from '../src/store/apply-transitions.ts';
import { routerKeys } from '../src/store/keys.ts';
import { framesOf, lettersItem, type Pen } from '../src/store/write-item.ts';

const keys = routerKeys(0);
let server: TestBroker;
let broker: Broker;

beforeAll(async () => {
  server = await startTestBroker();
  broker = await openBroker({ url: server.url, name: 'doorbell-test' });
  await broker.call('HSET', keys.leader, 'term', 1);
});
afterAll(async () => {
  await broker.close();
  await server.stop();
});

it('rings once for all that an agent gets in one write, and again in the next', async () => {
  const [one, other] = [newAgentId(0, Date.now()), newAgentId(0, Date.now())];
  for (const agent of [one, other]) {
    await broker.call('XGROUP', 'CREATE', keys.inbox(agent), 'inbox', '0', 'MKSTREAM');
  }
  const letter = (to: AgentId) => ({
    to: { inbox: to },
    definition: TaskStopV1,
    payload: { task_id: newTaskId(0, Date.now()), agent_id: to, epoch: 1, reason: 'a test' },
  });
  const pen = (): Pen => ({ keys, instance: 'test', nowMs: Date.now(), rings: new Map() });
  const write = async (...to: AgentId[]) => {
    const together = pen();
    const items = to.map((agent) => lettersItem([letter(agent)], together, undefined));
    await applyTransitions(broker, keys, 1, items, () => framesOf('me', Date.now()));
  };
  const rung = async () =>
    asEntries(await broker.call('XRANGE', keys.streams.agentsDoorbell, '-', '+')).map(
      ({ fields }) => JSON.parse(fields.m ?? '').payload.agent_id,
    );

  await write(one, one, other, one);
  expect(await rung()).toEqual([one, other]);
  expect(await broker.call('XLEN', keys.inbox(one))).toBe(3);
  await write(one);
  expect(await rung()).toEqual([one, other, one]);
});
