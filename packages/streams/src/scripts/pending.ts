import type { Broker } from '../broker.ts';
import { asEntries, asList, asNumber, asStrings, type StreamEntry } from '../replies.ts';
import { defineScript } from '../script.ts';

/** An entry that was taken over: how often it was delivered before, and how long ago the last time, in ms. */
export interface TakenOverEntry {
  readonly id: string;
  readonly idleMs: number;
  readonly deliveries: number;
}

export interface TakenOver {
  readonly entries: readonly TakenOverEntry[];
  /** Ids that were pending although their entry was gone. */
  readonly deleted: readonly string[];
  readonly consumerRemoved: boolean;
}

const takeOver = defineScript<TakenOver>({
  name: 'take-over-dead',
  file: new URL('./take-over-dead.lua', import.meta.url),
  parse: (reply) => {
    const [taken, deleted, removed] = asList(reply);
    const flat = asStrings(taken);
    const entries: TakenOverEntry[] = [];
    for (let i = 0; i + 2 < flat.length; i += 3) {
      entries.push({ id: flat[i] ?? '', idleMs: Number(flat[i + 1]), deliveries: Number(flat[i + 2]) });
    }
    return { entries, deleted: asStrings(deleted), consumerRemoved: asNumber(removed) === 1 };
  },
});

const deliver = defineScript<StreamEntry[]>({
  name: 'deliver-claimed',
  file: new URL('./deliver-claimed.lua', import.meta.url),
  parse: asEntries,
});

const touch = defineScript<number>({
  name: 'touch-pending',
  file: new URL('./touch-pending.lua', import.meta.url),
  parse: asNumber,
});

/** Takes over at most `limit` entries pending for a consumer whose lease (same tag as the stream) is gone. */
export function takeOverDead(
  broker: Broker,
  dead: {
    readonly stream: string;
    readonly leaseKey: string;
    readonly group: string;
    readonly consumer: string;
    readonly heir: string;
    readonly limit: number;
  },
): Promise<TakenOver> {
  return broker.run(takeOver, {
    keys: [dead.stream, dead.leaseKey],
    args: [dead.group, dead.consumer, dead.heir, dead.limit],
  });
}

/** Resets the idle time of entries still pending for the consumer; returns how many are. */
export function touchPending(
  broker: Broker,
  held: {
    readonly stream: string;
    readonly group: string;
    readonly consumer: string;
    readonly entryIds: readonly string[];
  },
): Promise<number> {
  return broker.run(touch, { keys: [held.stream], args: [held.group, held.consumer, ...held.entryIds] });
}

/** Delivers entries claimed for the consumer; those another one has claimed meanwhile are left out. */
export function deliverClaimed(
  broker: Broker,
  claimed: {
    readonly stream: string;
    readonly group: string;
    readonly consumer: string;
    readonly entryIds: readonly string[];
  },
): Promise<StreamEntry[]> {
  const { stream, group, consumer, entryIds } = claimed;
  return broker.run(deliver, { keys: [stream], args: [group, consumer, ...entryIds] });
}
