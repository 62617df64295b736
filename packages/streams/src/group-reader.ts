// Where a consumer's entries come from: those pending for its name, those claimed for it, new ones by a blocked read.
//
// 1. What is pending for the name is read first: at the start, after a change of name, and after every lost read,
//    whose reply may have been on its way.
// 2. A blocked read stays outstanding while claimed entries are handed out, so a claim never waits for the block.
// 3. No entry is handed out twice by the same reading: claims already seen as pending are dropped.
// 4. An entry that was taken before and not settled, more than once, is suspected of ending the process that takes it:
//    it is delivered alone, with nothing else in hand, so that the others are not charged with what it does.
import type { Broker } from './broker.ts';
import type { ClaimedEntry, ConsumerSlot } from './consumer-slot.ts';
import type { TakenEntry } from './delivery.ts';
import { entryIdAfter } from './entry-id.ts';
import { ensureGroups } from './group.ts';
import type { Reader } from './reader.ts';
import {
  type Arg,
  asList,
  asStreamEntries,
  asStrings,
  type Reply,
  type StreamEntries,
  type StreamEntry,
} from './replies.ts';
import { deliverClaimed } from './scripts/pending.ts';

/** How long a read blocks in ms; it also bounds how long a group lost with the data stays unnoticed. */
const BLOCK_MS = 1000;
/** Claimed entries that may wait for their turn. */
const CLAIMED_MAX = 1024;
/** How long a claimed entry may wait, in ms: well below the idle time after which others claim it. */
const CLAIM_KEPT_MS = 15_000;

export interface Taken {
  /** The name the entries are pending for. */
  readonly consumer: string;
  readonly entries: readonly TakenEntry[];
  readonly redelivered: boolean;
}

export interface GroupReaderOptions {
  readonly broker: Broker;
  readonly group: string;
  readonly slot: ConsumerSlot;
  /** Keys that share a tag. */
  readonly streams: readonly string[];
  /** Entries per stream and read at most. */
  readonly count: number;
  /** Attempts a message of a stream has. */
  readonly maxDeliveries: (stream: string) => number;
}

/** Deliveries that were lost after which an entry is suspect; the first loss of a batch says nothing about any of it. */
const SUSPECT_AFTER = 2;

/** What is known of an entry that was delivered before. */
interface Past {
  readonly id: string;
  readonly deliveries: number;
  readonly lastLost: TakenEntry['lastLost'];
}

export class GroupReader {
  readonly #options: GroupReaderOptions;
  readonly #reader: Reader;
  readonly #endHandOvers: (() => void)[];
  readonly #claimed = new Map<
    string,
    { readonly stream: string; readonly past: Past; readonly atMs: number }
  >();
  readonly #seenPending = new Set<string>();
  #reading: { readonly consumer: string; readonly reply: Promise<Reply> } | undefined;
  #wake: (() => void) | undefined;
  #consumer = '';
  /** Where the scan of what is pending stands; undefined when it is complete. */
  #scan: { stream: number; after: string } | undefined = { stream: 0, after: '0' };
  #groupsDue = true;
  /** A suspect was handed out last, or comes next. */
  #alone = false;
  #closed = false;

  constructor(options: GroupReaderOptions) {
    this.#options = options;
    this.#reader = options.broker.openReader(`${options.group} consumer`);
    this.#endHandOvers = options.streams.map((stream) =>
      options.slot.onHandOver(stream, {
        room: () => Math.max(0, CLAIMED_MAX - this.#claimed.size),
        receive: (entries) => this.#receive(stream, entries),
      }),
    );
  }

  /**
   * Whether nothing taken earlier may be unsettled at the next `take`: it begins to read what is pending for the name,
   * where that would be found again, or it may hand out a suspect.
   */
  get needsAllSettled(): boolean {
    const startsOver =
      this.#consumer !== this.#options.slot.name || (this.#scan?.stream === 0 && this.#scan.after === '0');
    return startsOver || this.#alone;
  }

  /** The next entries; none when nothing came within the block. Rejects when the broker is gone or lost the group. */
  async take(): Promise<Taken> {
    try {
      return await this.#take();
    } catch (error) {
      this.#reading = undefined;
      this.#scan = { stream: 0, after: '0' };
      // Whatever the server said, a missing group is the one thing a consumer can mend.
      this.#groupsDue = true;
      throw error;
    }
  }

  /** A page of what is pending for the name, from the beginning. */
  async takeLeftovers(): Promise<Taken> {
    this.#scan = { stream: 0, after: '0' };
    return (await this.#takePending()) ?? this.#nothing();
  }

  /** Ends the blocked read. Entries delivered meanwhile stay pending for the name. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const end of this.#endHandOvers) end();
    this.#wake?.();
    await this.#reader.close();
  }

  async #take(): Promise<Taken> {
    const { broker, streams, group, slot } = this.#options;
    if (this.#groupsDue) {
      // Before what is pending is read: nothing may become pending for the name behind the scan's back.
      await this.#reader.endLost();
      await ensureGroups(broker, streams, group);
      this.#groupsDue = false;
    }
    if (this.#consumer !== slot.name) {
      this.#consumer = slot.name;
      // Claimed for the name that was lost: they are claimed again from there.
      this.#claimed.clear();
      this.#scan = { stream: 0, after: '0' };
    }
    const pending = await this.#takePending();
    if (pending !== undefined) return pending;
    if (this.#claimed.size > 0) return this.#takeClaimed();
    if (this.#closed) return this.#nothing();
    this.#reading ??= { consumer: this.#consumer, reply: this.#readNew() };
    const { reply, consumer } = this.#reading;
    const streamEntries = await this.#unlessWoken(reply);
    if (streamEntries === undefined) return this.#takeClaimed();
    this.#reading = undefined;
    return this.#takeNew(consumer, asStreamEntries(streamEntries));
  }

  /** The reply of the outstanding read, or undefined if claims (or the end) come first. */
  async #unlessWoken(reply: Promise<Reply>): Promise<Reply> {
    try {
      return await new Promise<Reply>((resolve, reject) => {
        this.#wake = () => resolve(undefined);
        reply.then(resolve, reject);
      });
    } finally {
      this.#wake = undefined;
    }
  }

  #receive(stream: string, entries: readonly ClaimedEntry[]): void {
    const atMs = performance.now();
    for (const past of entries) {
      this.#claimed.set(`${stream} ${past.id}`, { stream, past, atMs });
    }
    this.#wake?.();
  }

  /** The next claimed entries of one stream that are still this consumer's. */
  async #takeClaimed(): Promise<Taken> {
    const { broker, group, count } = this.#options;
    const consumer = this.#consumer;
    const oldestMs = performance.now() - CLAIM_KEPT_MS;
    let waiting: { stream: string; pasts: Past[] } | undefined;
    for (const [key, { stream, past, atMs }] of this.#claimed) {
      waiting ??= { stream, pasts: [] };
      if (stream !== waiting.stream) continue;
      // One that waited too long may have been claimed by another by now.
      if (atMs < oldestMs || this.#seenPending.has(key)) this.#claimed.delete(key);
      else waiting.pasts.push(past);
    }
    if (waiting === undefined) return this.#nothing();
    const { stream } = waiting;
    const pasts = this.#together(stream, waiting.pasts.slice(0, count));
    if (pasts === undefined) return this.#nothing();
    for (const { id } of pasts) this.#claimed.delete(`${stream} ${id}`);
    if (pasts.length === 0) return this.#nothing();
    const entryIds = pasts.map(({ id }) => id);
    const entries = await deliverClaimed(broker, { stream, group, consumer, entryIds });
    return { consumer, entries: withPasts(stream, entries, pasts), redelivered: true };
  }

  #nothing(): Taken {
    return { consumer: this.#consumer, entries: [], redelivered: false };
  }

  #isSuspect(stream: string, { deliveries }: Past): boolean {
    const patience = Math.min(SUSPECT_AFTER, this.#options.maxDeliveries(stream) - 1);
    return deliveries >= Math.max(1, patience);
  }

  /**
   * What may be delivered together from the first on: everything before the first suspect, or that one alone; undefined
   * if it must wait until all that was handed out is settled.
   */
  #together(stream: string, pasts: readonly Past[]): readonly Past[] | undefined {
    const suspect = pasts.findIndex((past) => this.#isSuspect(stream, past));
    const waits = suspect === 0 && !this.#alone;
    this.#alone = suspect === 0;
    if (waits) return undefined;
    return suspect < 0 ? pasts : pasts.slice(0, Math.max(1, suspect));
  }

  #takeNew(consumer: string, streams: readonly StreamEntries[]): Taken {
    this.#seenPending.clear();
    const entries = streams.flatMap((read) =>
      read.entries.map((entry): TakenEntry => ({ stream: read.stream, entry, lostDeliveries: 0 })),
    );
    return { consumer, entries, redelivered: false };
  }

  async #readNew(): Promise<Reply> {
    const { group, streams, count } = this.#options;
    const args: Arg[] = [
      'GROUP',
      group,
      this.#consumer,
      'COUNT',
      count,
      'BLOCK',
      BLOCK_MS,
      'STREAMS',
      ...streams,
    ];
    // Nil means that nothing came, which must not look like a wake-up.
    return (await this.#reader.read('XREADGROUP', [...args, ...streams.map(() => '>')], BLOCK_MS)) ?? [];
  }

  /** The next of what is pending for the name; undefined when all of it has been handed out. */
  async #takePending(): Promise<Taken | undefined> {
    const { broker, streams, group } = this.#options;
    const consumer = this.#consumer;
    while (this.#scan) {
      const { stream: index, after } = this.#scan;
      const stream = streams[index];
      if (stream === undefined) {
        this.#scan = undefined;
        break;
      }
      const page = await this.#readPending(stream, after);
      const pasts = this.#together(stream, page);
      if (pasts === undefined) return this.#nothing();
      const last = pasts.at(-1);
      if (last === undefined) {
        this.#scan = { stream: index + 1, after: '0' };
        continue;
      }
      const range = [consumer, 'COUNT', pasts.length, 'STREAMS', stream, after] as const;
      const reply = await broker.call('XREADGROUP', 'GROUP', group, ...range);
      this.#scan = { stream: index, after: last.id };
      // What was claimed for this name meanwhile is handed over.
      const known = new Set(pasts.map(({ id }) => id));
      const entries = (asStreamEntries(reply)[0]?.entries ?? []).filter(({ id }) => known.has(id));
      if (entries.length === 0) continue;
      for (const { id } of entries) this.#seenPending.add(`${stream} ${id}`);
      return { consumer, entries: withPasts(stream, entries, pasts), redelivered: true };
    }
    return undefined;
  }

  /** A page of what is pending for the name behind `after`, as it was before it is read again. */
  async #readPending(stream: string, after: string): Promise<Past[]> {
    const { broker, group, count } = this.#options;
    const consumer = this.#consumer;
    const start = after === '0' ? '-' : entryIdAfter(after);
    const rows = asList(await broker.call('XPENDING', stream, group, start, '+', count, consumer));
    const nowMs = broker.serverNowMs();
    return rows.flatMap((row) => {
      const [id = '', holder = '', idleMs, deliveries] = asStrings(row);
      // Dragonfly lists everybody's entries for a consumer it does not know.
      if (holder !== consumer) return [];
      return [{ id, deliveries: Number(deliveries), lastLost: { consumer, atMs: nowMs - Number(idleMs) } }];
    });
  }
}

/** Entries with what is known of their deliveries before this one. */
function withPasts(
  stream: string,
  entries: readonly StreamEntry[],
  pasts: readonly Past[],
): readonly TakenEntry[] {
  const byId = new Map(pasts.map((past) => [past.id, past]));
  return entries.map((entry) => {
    const past = byId.get(entry.id);
    return { stream, entry, lostDeliveries: past?.deliveries ?? 0, lastLost: past?.lastLost };
  });
}
