import { type AgentId, newMessageId } from '@nova-torch/protocol';
import type { AssembledService } from '@nova-torch/service-kit';
import { eventually } from '@nova-torch/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type CollaborationRig,
  keys,
  send,
  startCollaboration,
  startRig,
  streams,
} from './support/collaboration-rig.ts';

const AGENTS = 900;
let rig: CollaborationRig;
let collaboration: AssembledService;
let agents: AgentId[];

beforeAll(async () => {
  rig = await startRig();
  agents = await Promise.all(Array.from({ length: AGENTS }, () => rig.registry.join()));
  collaboration = await startCollaboration(rig.server.url, { NOVA_QUEUED_MAX: '3' });
});
afterAll(async () => {
  await collaboration.stop();
  await rig.stop();
});

const lengths = async (): Promise<Set<unknown>> =>
  new Set(await Promise.all(agents.map((agent) => rig.broker.call('XLEN', streams.agentInbox(agent)))));

it('posts to a big fleet in chunks, each agent once', async () => {
  const record = await rig.sent(send('broadcast', 'all hands'));
  expect(record.counts).toEqual({ queued: AGENTS, delivered: 0, undeliverable: 0, expired: 0 });
  expect(record.recipients).toHaveLength(AGENTS);
  expect(await lengths()).toEqual(new Set([1]));
});

it('goes on where a crash left it, and never posts twice', async () => {
  const id = newMessageId(0, Date.now());
  const request = send('broadcast', 'again', 'x', id);
  await rig.sent(request);
  // The record as it was after the third chunk, with the rest of the plan open.
  const plan = agents.toSorted();
  await rig.broker.call('HSET', keys.message(id), 'posted', 600, 'plan', JSON.stringify(plan));
  const left = plan.slice(600);
  await rig.broker.call('HDEL', keys.receipts(id), ...left);
  for (const agent of left) {
    await rig.broker.call('XTRIM', streams.agentInbox(agent), 'MAXLEN', 1);
  }
  const record = await rig.sent(send('broadcast', 'again', 'x', id));
  expect(record.counts).toEqual({ queued: AGENTS, delivered: 0, undeliverable: 0, expired: 0 });
  expect(await lengths()).toEqual(new Set([2]));
});

it('gives up at an inbox that is full or gone, with a dead letter', async () => {
  const [full, gone] = agents;
  if (full === undefined || gone === undefined) return;
  await rig.sent(send(full, 3));
  await rig.broker.call('DEL', streams.agentInbox(gone));
  expect(await rig.sent(send(full, 4))).toMatchObject({
    recipients: [{ state: 'undeliverable', reason: expect.stringContaining('too many') }],
  });
  expect(await rig.sent(send(gone, 5))).toMatchObject({
    recipients: [{ state: 'undeliverable', reason: expect.stringContaining('no inbox') }],
  });
  await eventually(async () => (await rig.broker.call('XLEN', keys.deadLetters)) === 2);
  expect(await rig.broker.call('EXISTS', streams.agentInbox(gone))).toBe(0);
});

it('refuses what would fill the broker', async () => {
  const answer = await rig.ask(send('broadcast', 'x'.repeat(200 * 1024)));
  expect(answer.payload).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
});
