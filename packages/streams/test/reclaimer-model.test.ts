// The reclaimer against a model of what is pending: who holds what, for how long, how often delivered, and what of it was
// deleted. What is taken over, what stays, and which names go follows from that alone.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  ack,
  asList,
  asStrings,
  consumerLeaseKey,
  createConsumer,
  createReclaimer,
  type Delivered,
} from '../src/index.ts';
import { modelRig } from './support/model-rig.ts';
import { eventually } from './support/redis-server.ts';
import { TAG, type ToyMessage, toyCodec, toyMessage, toyStream } from './support/toy-catalog.ts';

/** Names besides our own (toy-1): two without a lease, two with one, one that is no leased name at all. */
const DEAD = ['toy-7', 'toy-8'];
const LIVING = ['toy-3', 'toy-4'];
const FOREIGN = 'by hand';
const IDLE_MS = 30_000;

interface Held {
  readonly by: string;
  /** Ms since it was delivered; far from the limit on either side. */
  readonly idleMs: number;
  readonly deliveries: number;
  /** Acknowledged by its holder, or its entry deleted from the stream. */
  readonly fate: 'nothing' | 'acknowledged' | 'deleted';
}

const rig = modelRig();
const held = fc.record<Held>({
  by: fc.constantFrom(...DEAD, ...LIVING, FOREIGN),
  idleMs: fc.constantFrom(0, IDLE_MS * 3),
  deliveries: fc.integer({ min: 1, max: 3 }),
  fate: fc.constantFrom('nothing', 'nothing', 'nothing', 'acknowledged', 'deleted'),
});

const isTaken = ({ by, idleMs }: Held): boolean => DEAD.includes(by) || idleMs > IDLE_MS;

/** Puts the entries on the stream and into the hands of their holders; returns their ids. */
async function arrange(key: string, entries: readonly Held[]): Promise<string[]> {
  const { broker } = rig;
  await broker.call('XGROUP', 'CREATE', key, 'toys', '0', 'MKSTREAM');
  const ids: string[] = [];
  for (const [n, { by, idleMs, deliveries, fate }] of entries.entries()) {
    const id = String(await broker.call('XADD', key, '*', 'm', toyCodec.encode(toyMessage(n))));
    ids.push(id);
    await broker.call('XREADGROUP', 'GROUP', 'toys', by, 'COUNT', 1, 'STREAMS', key, '>');
    const past = ['IDLE', idleMs, 'RETRYCOUNT', deliveries, 'JUSTID'] as const;
    await broker.call('XCLAIM', key, 'toys', by, 0, id, ...past);
    if (fate === 'acknowledged') await broker.call('XACK', key, 'toys', id);
    if (fate === 'deleted') await broker.call('XDEL', key, id);
  }
  return ids;
}

async function play({ entries, page }: { entries: readonly Held[]; page: number }): Promise<void> {
  const { broker, slot } = rig;
  // A server need not tell of a deleted entry whose holder lives and is not idle.
  const all = entries.map((one): Held => {
    const untold = one.fate === 'deleted' && !isTaken(one);
    return untold ? { ...one, fate: 'nothing' } : one;
  });
  const stream = { ...toyStream(), maxDeliveries: 20, batch: page };
  const ids = await arrange(stream.key, all);
  for (const name of LIVING) {
    await broker.call('SET', consumerLeaseKey(TAG, 'toys', Number(name.slice(4))), 'somebody');
  }
  const seen: { n: number; attempt: number }[] = [];
  const consumer = createConsumer<ToyMessage>({
    ...{ broker, codec: toyCodec, group: 'toys', consumer: slot, streams: [stream] },
    handlers: {
      'toy.made.v1': ({ message, attempt }: Delivered<ToyMessage>) => {
        seen.push({ n: message.payload.n, attempt });
        return ack();
      },
    },
  });
  await consumer.start();
  try {
    await eventually(() => slot.room(stream.key) > 0);
    const reclaimer = createReclaimer({ broker, group: 'toys', streams: [stream], slot, idleMs: IDLE_MS });
    const counts = await reclaimer.runOnce();
    const taken = all.flatMap((one, n) => (isTaken(one) && one.fate === 'nothing' ? [n] : []));
    const deleted = all.filter((one) => isTaken(one) && one.fate === 'deleted').length;
    const dead = DEAD.filter((name) => all.some(({ by }) => by === name)).length;
    expect(counts).toEqual({ claimed: taken.length, deleted, consumersRemoved: dead });
    await eventually(() => seen.length >= taken.length);
    expect(await reclaimer.runOnce()).toEqual({ claimed: 0, deleted: 0, consumersRemoved: 0 });
    await consumer.stop();
    // Each once, and charged with the deliveries before it, no more.
    const expected = taken.map((n) => ({ n, attempt: (all[n]?.deliveries ?? 0) + 1 }));
    expect(seen.toSorted((a, b) => a.n - b.n)).toEqual(expected);
    const left = asList(await broker.call('XPENDING', stream.key, 'toys', '-', '+', 1000));
    const stays = all.flatMap((one, n) =>
      !isTaken(one) && one.fate === 'nothing' ? [[ids[n], one.by, String(one.deliveries)]] : [],
    );
    expect(left.map((row) => asStrings(row)).map(([id, by, , times]) => [id, by, times])).toEqual(stays);
  } finally {
    await consumer.stop();
    await broker.call('DEL', stream.key);
  }
}

it('takes over exactly what dead and idle consumers hold, once', { timeout: 60_000 }, async () => {
  const scenes = fc.record({
    entries: fc.array(held, { minLength: 1, maxLength: 20 }),
    page: fc.integer({ min: 1, max: 6 }),
  });
  await fc.assert(fc.asyncProperty(scenes, play), { numRuns: 40, interruptAfterTimeLimit: 20_000 });
});
