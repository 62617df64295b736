import { codec, newMessageId } from '@nova-torch/protocol';
import type { AssembledService } from '@nova-torch/service-kit';
import { deadLetters } from '@nova-torch/streams';
import { eventually } from '@nova-torch/testing';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import {
  type CollaborationRig,
  keys,
  readAll,
  send,
  startCollaboration,
  startRig,
  streams,
} from './support/collaboration-rig.ts';

let rig: CollaborationRig;
const running: AssembledService[] = [];

async function start(env: Record<string, string> = {}): Promise<AssembledService> {
  const collaboration = await startCollaboration(rig.server.url, env);
  running.push(collaboration);
  return collaboration;
}

beforeAll(async () => {
  rig = await startRig();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((collaboration) => collaboration.stop()));
});
afterAll(async () => {
  await rig.stop();
});

it('makes undeliverable what a dead agent did not take, with dead letters, and releases the agent', async () => {
  // Before the start: the snapshot has both, so what goes to their role reaches both.
  const [agent, other] = [await rig.registry.join(), await rig.registry.join()];
  await start();
  const taken = await rig.sent(send(agent, 'taken'));
  await rig.take(agent, taken.message_id);
  const lost = await rig.sent(send('role:developer', { n: 1 }));
  await rig.registry.fail(agent);
  await eventually(() => rig.registry.released.includes(agent));

  expect((await rig.get(taken.message_id)).recipients).toMatchObject([{ state: 'delivered' }]);
  const record = await rig.get(lost.message_id);
  expect(record.counts).toEqual({ queued: 1, delivered: 0, undeliverable: 1, expired: 0 });
  const states = Object.fromEntries(record.recipients.map((receipt) => [receipt.agent_id, receipt.state]));
  expect(states).toEqual({ [agent]: 'undeliverable', [other]: 'queued' });

  const letters = await deadLetters(rig.broker, codec, streams.collaborationPeer).list();
  expect(letters).toMatchObject([
    {
      reason: 'agent_failed',
      error: expect.stringContaining(lost.message_id),
      source: streams.collaborationPeer,
      message: {
        type: 'message.send.v1',
        correlation_id: lost.message_id,
        payload: { to: agent, body: { n: 1 } },
      },
    },
  ]);
  expect(await rig.ask(send(agent, 'late'))).toMatchObject({ payload: { code: 'AGENT_UNKNOWN' } });
  expect(await rig.broker.call('EXISTS', keys.queued(agent))).toBe(0);

  // It took the message after all, before its end was declared: the truth wins.
  await rig.take(agent, lost.message_id);
  expect((await rig.get(lost.message_id)).counts).toMatchObject({ delivered: 1, undeliverable: 0 });

  // Put back on its stream, the dead letter reaches the agent of that id when it is back.
  const [letter] = letters;
  await rig.registry.reap(agent);
  await rig.registry.reap(other);
  expect(
    letter && (await deadLetters(rig.broker, codec, streams.collaborationPeer).replay(letter.id)),
  ).toMatchObject({ kind: 'replayed' });
});

it('releases an agent that left and held nothing, and repeats it until it is reaped', async () => {
  await start();
  const agent = await rig.registry.join();
  await rig.registry.leave(agent);
  const count = (): number => rig.registry.released.filter((one) => one === agent).length;
  await eventually(() => count() >= 2);
  await rig.registry.reap(agent);
  await rig.ask(send(agent, ''));
  const then = count();
  await rig.sent(send(await rig.registry.join(), 'still at work'));
  expect(count() - then).toBeLessThanOrEqual(1);
});

it('releases those it finds gone in the snapshot at its start', async () => {
  const [failed, left] = [await rig.registry.join(), await rig.registry.join()];
  await rig.registry.fail(failed);
  await rig.registry.leave(left);
  await start();
  await eventually(() => rig.registry.released.includes(failed) && rig.registry.released.includes(left));
  await rig.registry.reap(failed);
  await rig.registry.reap(left);
});

it('settles what is queued for an agent that was reaped while nobody looked', async () => {
  const first = await start();
  const agent = await rig.registry.join();
  const message = await rig.sent(send(agent, 'into the void'));
  await first.stop();
  await rig.registry.reap(agent);
  await rig.broker.call('ZADD', keys.holders, 1, agent);
  await start();
  await eventually(async () => (await rig.get(message.message_id)).counts?.undeliverable === 1);
  expect((await rig.get(message.message_id)).recipients).toMatchObject([
    { reason: expect.stringContaining('exist') },
  ]);
});

it('hands over to the replica that stands by, which finishes what the other had begun', async () => {
  const active = async (one: AssembledService): Promise<boolean> =>
    /collaboration_active\{.*\} 1$/m.test(await (await fetch(`${one.address()}/metrics`)).text());
  // Longer than a busy machine keeps the first from renewing its turn; at its stop it gives the turn back.
  const env = { NOVA_TURN_MS: '3000' };
  const first = await start(env);
  await eventually(() => active(first));
  const second = await start(env);
  const agent = await rig.registry.join('qa');
  await rig.sent(send(agent, 1));
  expect([await active(first), await active(second)]).toEqual([true, false]);
  await first.stop();
  await rig.sent(send(agent, 2));
  expect(await active(second)).toBe(true);
  const bodies = (await rig.inbox(agent)).map((one) => one.type === 'message.posted.v1' && one.payload.body);
  expect(bodies).toEqual([1, 2]);
});

it('deletes the oldest records when there are too many', async () => {
  const agent = await rig.registry.join('pm');
  const old = Array.from({ length: 6 }, (_, n) => newMessageId(0, n + 1));
  await start({ NOVA_MESSAGES_MAX: '3' });
  for (const id of old) await rig.sent(send(agent, 'x', 'y', id));
  await Promise.all(running.splice(0).map((collaboration) => collaboration.stop()));
  await start({ NOVA_MESSAGES_MAX: '3' });
  await eventually(async () => (await rig.broker.call('ZCARD', keys.messages)) === 3);
  expect(await rig.broker.call('EXISTS', ...old.slice(0, 3).map((id) => keys.message(id)))).toBe(0);
  expect((await rig.get(old.at(-1) ?? newMessageId(0, 1))).body).toBe('x');
  expect((await readAll(rig.broker, streams.agentInbox(agent))).length).toBe(6);
});
