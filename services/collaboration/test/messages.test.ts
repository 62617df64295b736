import {
  type AgentId,
  MessageDeliveredV1,
  MessageGetV1,
  newAgentId,
  newMessageId,
} from '@nova-torch/protocol';
import type { AssembledService } from '@nova-torch/service-kit';
import { eventually } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CollaborationRig,
  keys,
  readAll,
  say,
  send,
  startCollaboration,
  startRig,
  streams,
} from './support/collaboration-rig.ts';

let rig: CollaborationRig;
let collaboration: AssembledService;
let developers: AgentId[];
let tester: AgentId;

beforeAll(async () => {
  rig = await startRig();
  developers = [await rig.registry.join(), await rig.registry.join(), await rig.registry.join()];
  collaboration = await startCollaboration(rig.server.url);
  tester = await rig.registry.join('qa');
});
afterAll(async () => {
  await collaboration.stop();
  await rig.stop();
});

const codeOf = async (message: Parameters<CollaborationRig['ask']>[0]): Promise<unknown> =>
  (await rig.ask(message)).payload;

describe('messages between agents', () => {
  it('reaches the inbox of one agent, rings, and is delivered when the agent took it', async () => {
    const [agent] = developers;
    if (agent === undefined) return;
    const record = await rig.sent(send(agent, { text: 'hello' }));
    expect(record).toMatchObject({
      from: 'tester',
      to: agent,
      body: { text: 'hello' },
      recipients: [{ agent_id: agent, state: 'queued' }],
      counts: { queued: 1, delivered: 0, undeliverable: 0, expired: 0 },
    });
    const [posted] = await rig.inbox(agent);
    expect(posted).toMatchObject({
      type: 'message.posted.v1',
      target: agent,
      payload: {
        message_id: record.message_id,
        agent_id: agent,
        from: 'tester',
        to: agent,
        body: { text: 'hello' },
      },
    });
    expect((await readAll(rig.broker, streams.agentsDoorbell)).at(-1)?.payload).toEqual({ agent_id: agent });

    await rig.take(agent, record.message_id);
    await rig.take(agent, record.message_id);
    const after = await rig.get(record.message_id);
    expect(after.recipients).toMatchObject([{ agent_id: agent, state: 'delivered' }]);
    expect(after.recipients[0]?.at_ms).toBeGreaterThan(1_600_000_000_000);
    const told = (await readAll(rig.broker, streams.collaborationEvents)).map(({ payload }) => payload);
    expect(told).toMatchObject([
      { message_id: record.message_id, receipt: { state: 'queued' } },
      { message_id: record.message_id, receipt: { state: 'delivered' } },
    ]);
    expect(await rig.broker.call('ZCARD', keys.queued(agent))).toBe(0);
    expect(await rig.broker.call('ZCARD', keys.holders)).toBe(0);
  });

  it('reaches everybody of a role, and everybody but the sender', async () => {
    const toRole = await rig.sent(send('role:developer', 1));
    expect(toRole.recipients.map(({ agent_id }) => agent_id)).toEqual(developers.toSorted());
    const toAll = await rig.sent(send('broadcast', 2, developers[0]));
    const others = [...developers.slice(1), tester].toSorted();
    expect(toAll.recipients.map(({ agent_id }) => agent_id)).toEqual(others);
    await rig.take(tester, toAll.message_id);
    expect((await rig.get(toAll.message_id)).counts).toEqual({
      queued: 2,
      delivered: 1,
      undeliverable: 0,
      expired: 0,
    });
  });

  it('sends the same message once', async () => {
    const id = newMessageId(0, Date.now());
    const before = (await rig.inbox(tester)).length;
    const [first, second] = [
      await rig.sent(send(tester, 'x', 'a', id)),
      await rig.sent(send(tester, 'y', 'a', id)),
    ];
    expect(second).toEqual(first);
    expect(await rig.inbox(tester)).toHaveLength(before + 1);
  });

  it('keeps the order of sending for each recipient', async () => {
    const [agent] = developers;
    if (agent === undefined) return;
    const before = (await rig.inbox(agent)).length;
    const bodies = Array.from({ length: 300 }, (_, n) => n);
    await rig.publish(...bodies.map((n) => send(n % 3 === 0 ? 'role:developer' : agent, n)));
    await eventually(
      async () => (await rig.broker.call('XLEN', streams.agentInbox(agent))) === before + 300,
      { timeoutMs: 20_000 },
    );
    const got = (await rig.inbox(agent)).slice(before);
    expect(got.map((message) => message.type === 'message.posted.v1' && message.payload.body)).toEqual(
      bodies,
    );
  });

  it('says why it refuses', async () => {
    expect(await codeOf(send(newAgentId(0, 1), ''))).toMatchObject({ code: 'AGENT_UNKNOWN' });
    expect(await codeOf(send('role:pm', ''))).toMatchObject({ code: 'NO_RECIPIENT' });
    expect(await codeOf(send(tester, '', 'x', newMessageId(1, 1)))).toMatchObject({ code: 'VALIDATION' });
    expect(await codeOf(say(MessageGetV1, { message_id: newMessageId(0, 1) }))).toMatchObject({
      code: 'MESSAGE_UNKNOWN',
    });
  });

  it('finds an agent that registered a moment ago by asking the registry', async () => {
    const fresh = await rig.registry.joinUnheard();
    expect(await rig.sent(send(fresh, 'welcome'))).toMatchObject({ recipients: [{ agent_id: fresh }] });
  });

  it('changes nothing for a delivery it does not know, and dead-letters what does not belong', async () => {
    const unknown = newMessageId(0, 1);
    await rig.publish(
      say(MessageDeliveredV1, { message_id: unknown, agent_id: tester, at_ms: 1 }),
      say(MessageDeliveredV1, { message_id: unknown, agent_id: tester, at_ms: 1 }),
    );
    await rig.broker.call('XADD', streams.collaborationPeer, '*', 'm', '{}');
    await eventually(async () => (await rig.broker.call('XLEN', keys.deadLetters)) === 1);
    // What cannot be read is put away before the rest of its batch is handled.
    await eventually(async () => {
      const metrics = await (await fetch(`${collaboration.address()}/metrics`)).text();
      expect(metrics).toMatch(/collaboration_receipts_total\{outcome="unknown".*\} 2/);
    });
    expect(await rig.broker.call('EXISTS', keys.receipts(unknown))).toBe(0);
  });

  it('carries a message as large as a request may be', async () => {
    const body = 'x'.repeat(255 * 1024);
    const record = await rig.sent(send('role:developer', body));
    expect(record.counts).toMatchObject({ queued: developers.length + 1 });
    expect(record.recipients.length).toBeGreaterThan(0);
  });
});

describe('whose message it is', () => {
  it('is shown to the agents that sent and got it, and to no other', async () => {
    const [from, to, other] = developers;
    if (!from || !to || !other) throw new Error('no developers');
    const { message_id } = await rig.sent(send(to, { text: 'between us' }, from));
    for (const reader of [from, to, undefined]) {
      const answer = await rig.ask(say(MessageGetV1, { message_id, ...(reader && { reader }) }));
      expect(answer).toMatchObject({ payload: { message: { body: { text: 'between us' } } } });
    }
    expect(await codeOf(say(MessageGetV1, { message_id, reader: other }))).toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  it('stays with its sender: another that sends under its id is refused and learns nothing of it', async () => {
    const [from, to, other] = developers;
    if (!from || !to || !other) throw new Error('no developers');
    const { message_id } = await rig.sent(send(to, { text: 'mine' }, from));
    const stolen = await codeOf(send(to, { text: 'not mine' }, other, message_id));
    expect(stolen).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT', field: 'message_id' });
    expect(JSON.stringify(stolen)).not.toContain('text');
    expect((await rig.sent(send(to, { text: 'mine' }, from, message_id))).message_id).toBe(message_id);
  });
});
