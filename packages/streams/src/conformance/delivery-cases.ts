// What this package promises on top of a server: deliveries, claims, trimming and time, with the server at hand.
import type { Broker } from '../broker.ts';
import { createConsumer } from '../consumer.ts';
import { deadLetters } from '../dead-letters.ts';
import { createDelayedPromoter } from '../delayed-promoter.ts';
import type { Handler } from '../handlers.ts';
import type { MessageHead } from '../message.ts';
import { ack, deadLetter, retry } from '../outcome.ts';
import { createProducer } from '../producer.ts';
import { createReclaimer } from '../reclaimer.ts';
import { asEntries, asHash, asList, asNumber, asString } from '../replies.ts';
import { replyOutgoing } from '../reply-stream.ts';
import { createRequester } from '../requester.ts';
import type { StreamDeclaration } from '../stream-declaration.ts';
import { createTrimmer } from '../trimmer.ts';
import {
  becomes,
  type Case,
  caseCodec,
  caseMessage,
  expectEqual,
  GROUP,
  PATIENT_MS,
  type Scene,
} from './scene.ts';

interface Consuming {
  readonly instance?: string;
  readonly on?: Broker;
  readonly maxDeliveries?: number;
}

/** Starts a consumer of one stream, with a name and (unless told) the connection of the scene. */
async function consume(
  scene: Scene,
  stream: StreamDeclaration,
  handler: Handler<MessageHead>,
  { instance = 'a', on = scene.broker, maxDeliveries }: Consuming = {},
) {
  const slot = await scene.slot(instance, on);
  const consumer = scene.keep(
    createConsumer<MessageHead>({
      ...{ broker: on, codec: caseCodec, group: GROUP, consumer: slot, streams: [stream] },
      handlers: { 'case.v1': handler },
      ...(maxDeliveries !== undefined && { maxDeliveries }),
    }),
  );
  await consumer.start();
  return { slot, consumer };
}

async function publish(
  { broker }: Scene,
  { key }: StreamDeclaration,
  from: number,
  count: number,
): Promise<void> {
  const nowMs = broker.serverNowMs();
  const messages = Array.from({ length: count }, (_, i) => ({
    stream: key,
    message: caseMessage(from + i, nowMs),
  }));
  await createProducer(broker, caseCodec).publishAll(messages);
}

async function pendingOf({ broker }: Scene, { key }: StreamDeclaration): Promise<number> {
  const [count] = asList(await broker.call('XPENDING', key, GROUP).catch(() => []));
  return asNumber(count ?? 0);
}

/** Handles numbers and remembers how often each came. */
function collector(): { seen: Map<number, number>; handler: Handler<MessageHead> } {
  const seen = new Map<number, number>();
  return {
    seen,
    handler({ message }) {
      const n = Number(message.payload);
      seen.set(n, (seen.get(n) ?? 0) + 1);
      return ack();
    },
  };
}

/** A consumer at work whose data or group goes away: what comes after is handled, within about a second. */
async function survives(scene: Scene, what: string, harm: (stream: StreamDeclaration) => Promise<unknown>) {
  const stream = scene.stream('work');
  const { seen, handler } = collector();
  await consume(scene, stream, handler);
  await publish(scene, stream, 0, 10);
  await becomes('the first messages are handled', () => seen.size === 10);
  await harm(stream);
  const startedAt = performance.now();
  await publish(scene, stream, 100, 10);
  await becomes(`messages after ${what} are handled`, () => seen.size === 20);
  const tookMs = Math.round(performance.now() - startedAt);
  await becomes('all is acknowledged', async () => (await pendingOf(scene, stream)) === 0);
  return `goes on after ${tookMs} ms`;
}

export const DELIVERY_CASES: Readonly<Record<string, Case>> = {
  async 'acknowledged with what follows from it'(scene) {
    const [stream, next] = [scene.stream('work'), `${scene.tag}.next`];
    await publish(scene, stream, 1, 50);
    await consume(scene, stream, ({ message }) =>
      ack([{ stream: next, message: caseMessage(Number(message.payload), message.timestamp * 1000) }]),
    );
    await becomes('50 follow', async () => asNumber(await scene.broker.call('XLEN', next)) === 50);
    await becomes('all is acknowledged', async () => (await pendingOf(scene, stream)) === 0);
    return 'one script for both; 50 of 50, none pending';
  },

  async 'connections lost under load'(scene) {
    const stream = scene.stream('work');
    const other = await scene.open('cut');
    const { seen, handler } = collector();
    await consume(scene, stream, handler, { on: other });
    for (let round = 0; round < 5; round += 1) {
      await publish(scene, stream, round * 100, 100);
      await killOurs(scene.broker, 'conformance-cut');
    }
    await becomes('every message is handled', () => seen.size === 500);
    await becomes('all is acknowledged', async () => (await pendingOf(scene, stream)) === 0);
    const twice = [...seen.values()].filter((times) => times > 1).length;
    return `500 of 500 handled, ${twice} of them again`;
  },

  async 'what a dead consumer held is taken over'(scene) {
    const stream = scene.stream('work');
    await publish(scene, stream, 0, 200);
    await scene.broker.call('XGROUP', 'CREATE', stream.key, GROUP, '0');
    const read = ['GROUP', GROUP, 'case-9', 'COUNT', 200, 'STREAMS', stream.key, '>'] as const;
    await scene.broker.call('XREADGROUP', ...read);
    const [first] = asEntries(await scene.broker.call('XRANGE', stream.key, '-', '+', 'COUNT', 1));
    await scene.broker.call('XDEL', stream.key, first?.id ?? '');
    const { seen, handler } = collector();
    const { slot } = await consume(scene, stream, handler);
    await becomes('the consumer takes claims', () => slot.room(stream.key) > 0);
    const reclaimer = createReclaimer({ broker: scene.broker, group: GROUP, streams: [stream], slot });
    expectEqual('reclaimed', await reclaimer.runOnce(), { claimed: 199, deleted: 1, consumersRemoved: 1 });
    await becomes('all are handled', () => seen.size === 199);
    return '199 entries at once, 1 deleted id counted, the name removed';
  },

  async 'an unknown name takes nothing from others'(scene) {
    const stream = scene.stream('work');
    await publish(scene, stream, 0, 5);
    await scene.broker.call('XGROUP', 'CREATE', stream.key, GROUP, '0');
    const living = await scene.slot('b');
    const read = ['GROUP', GROUP, living.name, 'COUNT', 5, 'STREAMS', stream.key, '>'] as const;
    await scene.broker.call('XREADGROUP', ...read);
    // A dead consumer that never read: nothing of the living one may be taken in its name.
    await scene.broker.call('XGROUP', 'CREATECONSUMER', stream.key, GROUP, 'case-9');
    const { seen, handler } = collector();
    const { slot } = await consume(scene, stream, handler);
    await becomes('the consumer takes claims', () => slot.room(stream.key) > 0);
    const reclaimer = createReclaimer({ broker: scene.broker, group: GROUP, streams: [stream], slot });
    expectEqual('claimed', (await reclaimer.runOnce()).claimed, 0);
    expectEqual('handled', seen.size, 0);
    return 'the living consumer keeps its 5 entries';
  },

  async 'trimming loses nothing unacknowledged'(scene) {
    const { broker } = scene;
    const declared = { ...scene.stream('work'), groups: [GROUP, 'others'] };
    const { key } = declared;
    await publish(scene, declared, 0, 600);
    const all = asEntries(await broker.call('XRANGE', key, '-', '+')).map(({ id }) => id);
    const trimmer = createTrimmer({ broker, streams: [declared] });
    await broker.call('XGROUP', 'CREATE', key, GROUP, '0');
    await broker.call('XREADGROUP', 'GROUP', GROUP, 'a', 'COUNT', 500, 'STREAMS', key, '>');
    await broker.call('XACK', key, GROUP, ...all.slice(0, 500).filter((_, i) => i !== 450));
    expectEqual('trimmed while a group is missing', (await trimmer.runOnce()).trimmed, 0);
    await broker.call('XGROUP', 'CREATE', key, 'others', '0');
    await broker.call('XREADGROUP', 'GROUP', 'others', 'a', 'COUNT', 480, 'STREAMS', key, '>');
    await broker.call('XACK', key, 'others', ...all.slice(0, 470));
    const { trimmed } = await trimmer.runOnce();
    const [oldest] = asEntries(await broker.call('XRANGE', key, '-', '+', 'COUNT', 1));
    expectEqual('trimmed', [trimmed, oldest?.id], [450, all[450]]);
    return '450 of 600 went: up to the oldest entry one of two groups has not acknowledged';
  },

  'the group is destroyed in the middle': (scene) =>
    survives(scene, 'the group went', ({ key }) => scene.broker.call('XGROUP', 'DESTROY', key, GROUP)),

  'the stream is deleted in the middle': (scene) =>
    survives(scene, 'the stream went', ({ key }) => scene.broker.call('DEL', key)),

  async 'a retry comes back by the server’s clock'(scene) {
    const stream = scene.stream('work');
    const atMs: number[] = [];
    await consume(scene, stream, () => {
      atMs.push(scene.broker.serverNowMs());
      return atMs.length === 1 ? retry({ afterMs: 60 }) : ack();
    });
    await scene.keep(createDelayedPromoter({ broker: scene.broker, streams: [stream] })).start();
    await publish(scene, stream, 1, 1);
    await becomes('it comes back', () => atMs.length === 2);
    const [first = 0, second = 0] = atMs;
    if (second - first < 59) throw new Error(`back after ${second - first} ms, due after 60`);
    await becomes('all is acknowledged', async () => (await pendingOf(scene, stream)) === 0);
    return 'acknowledged and delayed in one script, promoted when due';
  },

  async 'dead letters keep the message and its attempts'(scene) {
    const stream = scene.stream('work');
    await consume(scene, stream, ({ message }) => {
      if (message.payload === 1) return deadLetter('unwanted', 'nobody wants it');
      throw new Error('it breaks');
    });
    await publish(scene, stream, 1, 1);
    const letters = deadLetters(scene.broker, caseCodec, stream.key);
    await becomes('the dead letter is there', async () => (await letters.count()) === 1);
    const [letter] = await letters.list();
    expectEqual(
      'why',
      [letter?.reason, letter?.error, letter?.message?.payload],
      ['unwanted', 'nobody wants it', 1],
    );
    expectEqual('attempts', letter?.history.length, 1);
    await becomes('all is acknowledged', async () => (await pendingOf(scene, stream)) === 0);
    return 'written and acknowledged in one script';
  },

  async 'an expired message is never handled'(scene) {
    const stream = scene.stream('work');
    const { broker } = scene;
    const { seen, handler } = collector();
    const nowMs = broker.serverNowMs();
    const messages = [
      caseMessage(1, nowMs, { expires_at: nowMs / 1000 - 1 }),
      caseMessage(2, nowMs, { expires_at: nowMs / 1000 + 60 }),
    ];
    await createProducer(broker, caseCodec).publishAll(
      messages.map((message) => ({ stream: stream.key, message })),
    );
    await consume(scene, stream, handler);
    await becomes('the other one is handled', () => seen.has(2));
    const letters = deadLetters(broker, caseCodec, stream.key);
    await becomes('it is kept', async () => (await letters.count()) === 1);
    expectEqual('handled', [...seen.keys()], [2]);
    expectEqual('kept as', (await letters.list())[0]?.reason, 'expired');
    return 'kept among the dead letters as expired';
  },

  async 'a question is answered, and one to nobody ends'(scene) {
    const { broker, tag } = scene;
    const stream = scene.stream('work');
    await consume(scene, stream, (request) =>
      ack([replyOutgoing(request, { ...caseMessage(2, 0), correlation_id: request.message.id })]),
    );
    const requester = scene.keep(createRequester({ broker, codec: caseCodec, tag, instance: 'asker' }));
    await requester.start();
    const answer = await requester.request(stream.key, caseMessage(1, broker.serverNowMs()), {
      timeoutMs: PATIENT_MS,
    });
    expectEqual('the answer', answer.payload, 2);
    const silence = await requester
      .request(`${tag}.nobody`, caseMessage(1, broker.serverNowMs()), { timeoutMs: 100 })
      .catch((error: unknown) => error);
    expectEqual('without an answer', silence instanceof Error ? silence.name : silence, 'NoAnswerError');
    return 'the answer comes on a stream of its own; without one the promise rejects at its deadline';
  },
};

/** Cases that remove every key of the server: for servers that are there for nothing else. */
export const WIPING_CASES: Readonly<Record<string, Case>> = {
  'FLUSHALL in the middle': (scene) => survives(scene, 'FLUSHALL', () => scene.broker.call('FLUSHALL')),
};

/** Ends the connections of one name at the server, as a broken network does. */
async function killOurs(broker: Broker, name: string): Promise<void> {
  const lines = asString(await broker.call('CLIENT', 'LIST')).split('\n');
  for (const line of lines) {
    const fields = asHash(
      line.split(' ').flatMap((pair) => [pair.split('=')[0], pair.slice(pair.indexOf('=') + 1)]),
    );
    if (fields?.name?.startsWith(name))
      await broker.call('CLIENT', 'KILL', 'ID', fields.id ?? '').catch(() => 0);
  }
}
