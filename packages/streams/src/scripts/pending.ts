import type { Broker } from '../broker.ts';
import { asEntries, asList, asNumber, asStrings, type StreamEntry } from '../replies.ts';
import { defineScript } from '../script.ts';

export interface TakenOver {
  readonly entries: readonly StreamEntry[];
  /** Deliveries of each entry, this one included. */
  readonly deliveries: ReadonlyMap<string, number>;
  /** Ids that were pending although their entry was gone. */
  readonly deleted: readonly string[];
  readonly consumerRemoved: boolean;
}

const takeOver = defineScript<TakenOver>({
  name: 'take-over-dead',
  file: new URL('./take-over-dead.lua', import.meta.url),
  parse: (reply) => {
    const [entries, rows, deleted, removed] = asList(reply);
    const flat = asStrings(rows);
    const deliveries = new Map<string, number>();
    for (let i = 0; i + 1 < flat.length; i += 2) deliveries.set(flat[i] ?? '', Number(flat[i + 1]));
    return {
      entries: asEntries(entries),
      deliveries,
      deleted: asStrings(deleted),
      consumerRemoved: asNumber(removed) === 1,
    };
  },
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
