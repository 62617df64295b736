// A service asked about its dead letters over the streams, as the gateway asks.
import {
  AgentGetV1,
  DeadLetterDiscardV1,
  type DeadLetterFilter,
  DeadLetterGetV1,
  DeadLetterId,
  DeadLetterListV1,
  DeadLetterReplayV1,
  declareStream,
  INBOX_GROUP,
  type Message,
  type MessageDefinition,
  newAgentId,
  newMessage,
} from '@nova-torch/protocol';
import { asEntries, createConsumer, deadLetter, deadLetterKey } from '@nova-torch/streams';
import { eventually, startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type AssembledService, assembleService } from '../src/assemble-service.ts';
import { baseEnv, loadEnv } from '../src/env.ts';
import { openServiceBase, type ServiceBase } from '../src/service-base.ts';
import { streamUpkeep } from '../src/stream-upkeep.ts';

let server: TestBroker;
let asker: ServiceBase;
let registry: AssembledService;

beforeAll(async () => {
  server = await startTestBroker();
  const open = (service: 'registry' | 'gateway') =>
    openServiceBase(
      loadEnv(z.object(baseEnv), { NOVA_BROKER_URL: server.url, NOVA_LOG_LEVEL: 'silent' }),
      service,
    );
  asker = await open('gateway');
  await asker.requester.start();
  const base = await open('registry');
  const { broker, codec, slot } = base;
  const refusing = createConsumer<Message>({
    ...{ broker, codec, group: 'registry', consumer: slot },
    streams: [declareStream(0, 'registry')],
    handlers: { 'agent.get.v1': () => deadLetter('refused', 'not today') },
  });
  registry = assembleService(base, {
    parts: { consumer: refusing, ...streamUpkeep(base, { work: ['registry', 'tasksCompleted'] }) },
  });
  await registry.start();
});
afterAll(async () => {
  await registry.stop();
  await asker.requester.stop();
  await asker.close();
  await server.stop();
});

// biome-ignore lint/suspicious/noExplicitAny: assertions look into answers of every shape
async function ask<D extends MessageDefinition>(definition: D, payload: z.input<D['payload']>): Promise<any> {
  const { requester, streams, instance, broker } = asker;
  const head = { sender: instance, target: 'registry', nowMs: broker.serverNowMs() };
  const message = newMessage(definition, definition.payload.parse(payload) as never, head);
  return (await requester.request(streams.upkeepRegistry, message as unknown as Message)).payload;
}
const list = async (filter: DeadLetterFilter, cursor?: string) =>
  ask(DeadLetterListV1, { filter, ...(cursor !== undefined && { cursor }), limit: 2 });

async function giveUp(times: number): Promise<void> {
  const { producer, streams, broker } = asker;
  const before = Number(await broker.call('XLEN', deadLetterKey(streams.registry)));
  for (let n = 0; n < times; n += 1) {
    const head = { sender: 'tester', target: 'registry', nowMs: broker.serverNowMs() };
    const payload = { agent_id: newAgentId(0, broker.serverNowMs()) };
    await producer.publish(streams.registry, newMessage(AgentGetV1, payload, head));
  }
  const kept = async () => Number(await broker.call('XLEN', deadLetterKey(streams.registry)));
  await eventually(async () => (await kept()) === before + times);
}

test('lists, shows, puts back once and throws away what it gave up', async () => {
  await giveUp(3);
  const first = await list({ stream: 'registry' });
  expect(first.dead_letters).toHaveLength(2);
  expect(first.dead_letters[0]).toMatchObject({
    dead_letter_id: expect.stringMatching(/^registry:\d+-\d+$/),
    stream: 'registry',
    ...{ group: 'registry', reason: 'refused', error: 'not today', attempts: 1, replays: 0 },
    message: { type: 'agent.get.v1', sender: 'tester' },
  });
  const rest = await list({}, first.next_cursor);
  expect(rest.dead_letters).toHaveLength(1);
  expect((await list({ stream: 'tasks.queue' })).dead_letters).toEqual([]);
  expect((await list({ type: 'task.get.v1' })).dead_letters).toEqual([]);

  const id = rest.dead_letters[0].dead_letter_id;
  const shown = await ask(DeadLetterGetV1, { dead_letter_id: id });
  expect(shown.history).toMatchObject([{ consumer: 'registry-1', outcome: 'dead_letter' }]);
  expect(JSON.parse(shown.original)).toMatchObject({ type: 'agent.get.v1' });
  expect(shown.original_chars).toBe(shown.original.length);
  const tail = await ask(DeadLetterGetV1, { dead_letter_id: id, from: 10 });
  expect(tail.original).toBe(shown.original.slice(10));
  const none = DeadLetterId.parse('registry:1-1');
  expect(await ask(DeadLetterGetV1, { dead_letter_id: none })).toMatchObject({ code: 'DEAD_LETTER_UNKNOWN' });

  const twice = await Promise.all(
    ['ann', 'bob'].map((by) => ask(DeadLetterReplayV1, { dead_letter_ids: [id], by })),
  );
  expect(twice.map(({ results }) => results[0].outcome).sort()).toEqual(['repeated', 'replayed']);
  // It is given up again, with its past.
  await eventually(async () => {
    const [newest] = (await list({ stream: 'registry' })).dead_letters;
    return newest.replays === 1 && newest.attempts === 2;
  });
  const [again] = (await list({})).dead_letters;
  const gone = await ask(DeadLetterDiscardV1, { dead_letter_ids: [again.dead_letter_id, none], by: 'ann' });
  expect(gone.results.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['discarded', 'unknown']);
  const all = await ask(DeadLetterDiscardV1, { filter: { reason: 'refused' }, by: 'ann' });
  expect(all.results).toHaveLength(2);
  expect((await list({})).dead_letters).toEqual([]);
});

test('puts back by filter, in the order things were sent', async () => {
  const { broker, streams } = asker;
  await giveUp(3);
  const sent = asEntries(await broker.call('XRANGE', deadLetterKey(streams.registry), '-', '+'));
  const until_ms = Number(sent.at(-1)?.id.split('-')[0]) + 1;
  const { results } = await ask(DeadLetterReplayV1, { filter: { until_ms }, by: 'ann' });
  expect(results.map(({ dead_letter_id: id }: { dead_letter_id: string }) => id)).toEqual(
    sent.map(({ id }) => `registry:${id}`),
  );
  await eventually(async () => (await list({})).dead_letters.length === 2);
  await ask(DeadLetterDiscardV1, { filter: {}, by: 'ann' });
});

test('keeps those of all inboxes, rings when one goes back, and not for an agent that is gone or an expired one', async () => {
  const { broker, streams } = asker;
  const [here, gone] = [newAgentId(0, broker.serverNowMs()), newAgentId(0, broker.serverNowMs())];
  const inbox = streams.agentInbox(here);
  await broker.call('XGROUP', 'CREATE', inbox, INBOX_GROUP, '0', 'MKSTREAM');
  const bury = async (source: string, fields: { expires_at?: number } = {}) => {
    const head = { sender: 'registry', target: here, nowMs: broker.serverNowMs(), ...fields };
    const json = JSON.stringify(newMessage(AgentGetV1, { agent_id: here }, head));
    const rest = ['reason', 'invalid', 'error', 'no', 'source', source, 'entry', '1-1', 'group', INBOX_GROUP];
    await broker.call('XADD', deadLetterKey(source), '*', 'm', json, 'h', '[]', ...rest);
  };
  await bury(inbox);
  await bury(streams.agentInbox(gone));
  await bury(inbox, { expires_at: 1 });
  const name = `agents.direct.${here}`;
  expect((await list({ stream: name })).dead_letters).toMatchObject([{ stream: name }, { stream: name }]);
  expect((await list({ stream: 'agents.direct' })).next_cursor).toBeDefined();
  const { results } = await ask(DeadLetterReplayV1, { filter: { stream: 'agents.direct' }, by: 'ann' });
  expect(results.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
    'replayed',
    'no_stream',
    'expired',
  ]);
  expect(await broker.call('XLEN', inbox)).toBe(1);
  expect(await broker.call('EXISTS', streams.agentInbox(gone))).toBe(0);
  const [rang] = asEntries(await broker.call('XRANGE', streams.agentsDoorbell, '-', '+'));
  expect(rang?.fields.m).toContain(here);
});
