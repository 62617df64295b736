// Messages that wait for their time, and messages whose time is over.
import { MessageSendV1, newMessageId } from '@nova-torch/protocol';
import type { AssembledService } from '@nova-torch/service-kit';
import { asEntries } from '@nova-torch/streams';
import { eventually } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type CollaborationRig,
  keys,
  say,
  send,
  startCollaboration,
  startRig,
  streams,
  untilReady,
} from './support/collaboration-rig.ts';

let rig: CollaborationRig;
let app: AssembledService;

beforeAll(async () => {
  rig = await startRig();
  app = await startCollaboration(rig.server.url, { NOVA_SCHEDULED_MAX: '3' });
  await untilReady(app);
});
afterAll(async () => {
  await app?.stop();
  await rig?.stop();
});

interface Times {
  deliver_at?: number;
  expires_at?: number;
}
const timed = (to: string, times: Times, id = newMessageId(0, Date.now())) =>
  say(MessageSendV1, { message_id: id, from: 'tester', to: to as never, body: 'x', ...times });
/** Unix seconds, so many ms from now by the broker's clock. */
const inMs = (ms: number): number => (rig.broker.serverNowMs() + ms) / 1000;

describe('a message that expires', () => {
  it('is marked so in the inbox, and found expired when nobody took it', async () => {
    const agent = await rig.registry.join('short');
    const expires_at = inMs(2_000);
    const sent = await rig.sent(timed(agent, { expires_at }));
    expect(sent.expires_at_ms).toBe(Math.floor(expires_at * 1000));
    expect(sent.counts).toMatchObject({ queued: 1, expired: 0 });
    expect(await rig.inbox(agent)).toMatchObject([{ expires_at: Math.floor(expires_at * 1000) / 1000 }]);
    await eventually(async () => (await rig.get(sent.message_id)).counts?.expired === 1);
    const { recipients } = await rig.get(sent.message_id);
    expect(recipients).toMatchObject([{ agent_id: agent, state: 'expired' }]);
    expect(recipients[0]?.at_ms).toBeGreaterThanOrEqual(expires_at * 1000);
    expect(await rig.broker.call('EXISTS', keys.expiring, keys.queued(agent), keys.holders)).toBe(0);
    // An agent that took it just before is believed.
    await rig.take(agent, sent.message_id);
    await eventually(async () => (await rig.get(sent.message_id)).counts?.delivered === 1);
  });

  it('stays delivered when it was taken in time', async () => {
    const agent = await rig.registry.join('quick');
    const { message_id } = await rig.sent(timed(agent, { expires_at: inMs(1_500) }));
    await rig.take(agent, message_id);
    await eventually(async () => (await rig.broker.call('EXISTS', keys.expiring)) === 0);
    expect((await rig.get(message_id)).counts).toMatchObject({ delivered: 1, expired: 0 });
  });

  it('does not reach an inbox when its time was over before, and its record says so', async () => {
    const agent = await rig.registry.join('late');
    const sent = await rig.sent(timed('role:late', { expires_at: inMs(-5) }));
    expect(sent.counts).toEqual({ queued: 0, delivered: 0, undeliverable: 0, expired: 1 });
    expect(await rig.inbox(agent)).toEqual([]);
    expect((await rig.get(sent.message_id)).recipients).toMatchObject([{ state: 'expired' }]);
  });
});

describe('a message for later', () => {
  it('waits by the clock of the broker, also while no collaboration runs', async () => {
    const agent = await rig.registry.join('later');
    const deliver_at = inMs(5_000);
    const request = timed('role:later', { deliver_at });
    const sent = await rig.sent(request);
    expect(sent).toMatchObject({ deliver_at_ms: Math.ceil(deliver_at * 1000), recipients: [] });
    expect(await rig.sent(request)).toEqual(sent);
    await app.stop();
    // Who is there when its time comes gets it. This one is in the snapshot, so it is known in time.
    const newcomer = await rig.registry.join('later');
    app = await startCollaboration(rig.server.url, { NOVA_SCHEDULED_MAX: '3' });
    expect(await rig.inbox(agent)).toEqual([]);
    await eventually(async () => (await rig.inbox(agent)).length === 1);
    const [entry] = asEntries(await rig.broker.call('XRANGE', streams.agentInbox(agent), '-', '+'));
    const lateMs = Number(entry?.id.split('-')[0]) - deliver_at * 1000;
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(1_500);
    const record = await rig.get(sent.message_id);
    expect(record.recipients.map(({ agent_id }) => agent_id).sort()).toEqual([agent, newcomer].sort());
    expect((await rig.sent(request)).counts).toMatchObject({ queued: 2 });
    expect(await rig.inbox(newcomer)).toHaveLength(1);
    expect(await rig.broker.call('EXISTS', keys.delayed, keys.delayedBodies)).toBe(0);
  });

  it('is undeliverable when its recipient is gone by then, and kept when nobody has its address', async () => {
    const agent = await rig.registry.join('leaver');
    const deliver_at = inMs(1_500);
    const toAgent = await rig.sent(timed(agent, { deliver_at }));
    const toRole = await rig.sent(timed('role:leaver', { deliver_at }));
    // Nobody delivers before the agent is gone, and known to be.
    await app.stop();
    await rig.registry.leave(agent);
    await rig.registry.reap(agent);
    app = await startCollaboration(rig.server.url, { NOVA_SCHEDULED_MAX: '3' });
    await eventually(async () => (await rig.get(toAgent.message_id)).counts?.undeliverable === 1);
    const letters = async () => asEntries(await rig.broker.call('XRANGE', keys.deadLetters, '-', '+'));
    await eventually(async () => (await letters()).length === 2);
    const reasons = (await letters()).map(({ fields }) => fields.reason).sort();
    expect(reasons).toEqual(['no_inbox', 'no_recipient']);
    expect((await letters()).some(({ fields }) => fields.m?.includes(toRole.message_id))).toBe(true);
  });

  it('is refused when it is wrong, too far away, or one too many; nothing is kept then', async () => {
    const agent = await rig.registry.join('refuser');
    const code = async (times: Times, to: string = agent): Promise<unknown> =>
      (await rig.ask(timed(to, times))).payload;
    expect(await code({ deliver_at: inMs(91 * 86_400_000) })).toMatchObject({ field: 'deliver_at' });
    const both = { deliver_at: inMs(60_000), expires_at: inMs(50_000) };
    expect(await code(both)).toMatchObject({ code: 'VALIDATION', field: 'expires_at' });
    const nobody = newMessageId(0, 1).replace('msg', 'agent');
    expect(await code({ deliver_at: inMs(60_000) }, nobody)).toMatchObject({ code: 'AGENT_UNKNOWN' });
    for (let n = 0; n < 3; n += 1) await rig.sent(timed(agent, { deliver_at: inMs(60_000) }));
    expect(await code({ deliver_at: inMs(60_000) })).toMatchObject({ code: 'OVERLOADED' });
    expect(await rig.broker.call('ZCARD', keys.delayed)).toBe(3);
    expect((await rig.sent(send(agent, 'now'))).counts).toMatchObject({ queued: 1 });
  });
});
