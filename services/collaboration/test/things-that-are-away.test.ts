import { setTimeout as pause } from 'node:timers/promises';
import type { AssembledService } from '@nova-torch/service-kit';
import { openBroker } from '@nova-torch/streams';
import { eventually, startTestBroker } from '@nova-torch/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type CollaborationRig,
  send,
  speakForRegistry,
  startCollaboration,
  startRig,
  streams,
} from './support/collaboration-rig.ts';

let rig: CollaborationRig;
let collaboration: AssembledService;

beforeAll(async () => {
  rig = await startRig();
  collaboration = await startCollaboration(rig.server.url);
});
afterAll(async () => {
  await collaboration.stop();
  await rig.stop();
});

it('loses, doubles and reorders nothing while the broker is away in the middle', async () => {
  const agent = await rig.registry.join();
  const bodies = Array.from({ length: 500 }, (_, n) => n);
  await rig.publish(...bodies.map((n) => send(agent, n)));
  await rig.server.pause();
  // Longer than any command waits.
  await pause(2_500);
  await rig.server.resume();
  await eventually(
    async () => Number(await rig.broker.call('XLEN', streams.agentInbox(agent))) >= bodies.length,
    { timeoutMs: 20_000 },
  );
  const got = (await rig.inbox(agent)).map((one) => one.type === 'message.posted.v1' && one.payload.body);
  expect(got).toEqual(bodies);
});

it('starts without a registry, says what is missing, and is ready when one answers', async () => {
  const server = await startTestBroker();
  const early = await startCollaboration(server.url);
  const ready = async (): Promise<{ status: number; text: string }> => {
    const response = await fetch(`${early.address()}/health/ready`);
    return { status: response.status, text: await response.text() };
  };
  expect(await ready()).toMatchObject({ status: 503, text: expect.stringContaining('agents') });
  const broker = await openBroker({ url: server.url, name: 'registry' });
  const registry = await speakForRegistry(broker);
  await eventually(async () => (await ready()).status === 200, { timeoutMs: 20_000 });
  await early.stop();
  await registry.stop();
  await broker.close();
  await server.stop();
});

it('stops while it waits for a registry', async () => {
  const server = await startTestBroker();
  const early = await startCollaboration(server.url);
  await early.stop();
  await server.stop();
});
