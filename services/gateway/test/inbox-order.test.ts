// In which order an inbox is given over HTTP, and what is not given any more.
import {
  type AgentId,
  codec,
  INBOX_GROUP,
  type Message,
  MessagePostedV1,
  newAgentId,
  newMessage,
  newMessageId,
  newTaskId,
  TaskStopV1,
} from '@nova-torch/protocol';
import { deadLetterKey } from '@nova-torch/streams';
import type { TestBroker } from '@nova-torch/testing';
import { beforeEach, expect, test } from 'vitest';
import { startGateway, type TestGateway } from './support/gateway.ts';
import { type OtherServices, streams } from './support/other-services.ts';
import { useGateway } from './support/use-gateway.ts';

let broker: TestBroker;
let gateway: TestGateway;
let others: OtherServices;
let agentId: AgentId;

useGateway((rig) => {
  ({ broker, gateway, others } = rig);
});
beforeEach(async () => {
  agentId = newAgentId(0, Date.now());
  await others.broker.call('XGROUP', 'CREATE', streams.agentInbox(agentId), INBOX_GROUP, '0', 'MKSTREAM');
});

const pull = (body: object = {}) =>
  gateway.call('POST', `/v1/agents/${agentId}/inbox/pull`, { body: { wait_s: 0, ...body } });

test('gives orders first, then messages by priority; what is left comes next, each once', async () => {
  const say = (body: string, fields: object) => {
    const payload = {
      message_id: newMessageId(0, Date.now()),
      agent_id: agentId,
      from: 'x',
      to: agentId,
      body,
    };
    const message = newMessage(MessagePostedV1, payload, {
      ...{ sender: 'x', target: agentId, nowMs: Date.now(), ...fields },
    });
    return others.broker.call('XADD', streams.agentInbox(agentId), '*', 'm', codec.encode(message));
  };
  for (const n of [1, 2, 3]) await say(`low ${n}`, { priority: 'low' });
  await say('urgent', { priority: 'urgent' });
  await say('over', { priority: 'critical', expires_at: Date.now() / 1000 - 1 });
  await others.publish(streams.agentInbox(agentId), TaskStopV1, {
    ...{ task_id: newTaskId(0, Date.now()), epoch: 1, reason: 'x' },
  });
  const bodiesOf = ({ body }: Awaited<ReturnType<typeof pull>>) =>
    body.messages.map(({ message }: { message: Message }) =>
      message.type === 'message.posted.v1' ? message.payload.body : message.type,
    );
  expect(bodiesOf(await pull({ max: 2 }))).toEqual(['task.stop.v1', 'urgent']);
  await say('high', { priority: 'high' });
  const second = await pull({ max: 2 });
  expect(bodiesOf(second)).toEqual(['high', 'low 1']);
  expect(bodiesOf(await pull())).toEqual(['low 2', 'low 3']);
  expect(bodiesOf(await pull())).toEqual([]);
  // Expired: acknowledged by the gateway; its record, not a dead letter, says so.
  const pending = await others.broker.call('XPENDING', streams.agentInbox(agentId), INBOX_GROUP);
  expect((pending as unknown[])[0]).toBe(6);
  expect(await others.broker.call('EXISTS', deadLetterKey(streams.agentInbox(agentId)))).toBe(0);
});

test('what another gateway read and did not give is not waited for', async () => {
  const other = await startGateway(broker.url);
  try {
    const pullAt = (at: TestGateway, body: object = {}) =>
      at.call('POST', `/v1/agents/${agentId}/inbox/pull`, { body: { session: 'one', wait_s: 0, ...body } });
    for (const at of [gateway, other]) expect((await pullAt(at)).body.messages).toEqual([]);
    for (let n = 0; n < 3; n += 1) {
      await others.publish(streams.agentInbox(agentId), TaskStopV1, {
        ...{ task_id: newTaskId(0, Date.now()), epoch: n + 1, reason: 'x' },
      });
    }
    const [first] = (await pullAt(other, { max: 1 })).body.messages;
    const acked = { entries: [{ entry_id: first.entry_id }] };
    await other.call('POST', `/v1/agents/${agentId}/inbox/ack`, { body: acked });
    const rest = (await pullAt(gateway, { wait_s: 20 })).body.messages;
    expect(rest.map(({ message }: { message: Message }) => message.payload)).toMatchObject([
      { epoch: 2 },
      { epoch: 3 },
    ]);
    // What is given already is not given again for being asked twice.
    expect((await pullAt(gateway)).body.messages).toEqual([]);
  } finally {
    await other.stop();
  }
});

test('an entry the agent found expired is acknowledged, and not delivered', async () => {
  const payload = {
    message_id: newMessageId(0, Date.now()),
    agent_id: agentId,
    from: 'x',
    to: agentId,
    body: 1,
  };
  await others.publish(streams.agentInbox(agentId), MessagePostedV1, payload);
  const { body } = await pull();
  const { entry_id } = body.messages[0];
  const acked = await gateway.call('POST', `/v1/agents/${agentId}/inbox/ack`, {
    body: { entries: [{ entry_id, expired: true }] },
  });
  expect(acked.body).toEqual({ acknowledged: 1 });
  expect(others.received.some(({ type }) => type === 'message.delivered.v1')).toBe(false);
});
