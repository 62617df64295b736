// Where a consumer's entries come from: those pending for its name, those claimed for it, new ones by a blocked read.
//
// 1. What is pending for the name is read first: at the start, after a change of name, and after every lost read,
//    whose reply may have been on its way.
// 2. A blocked read stays outstanding while claimed entries are handed out, so a claim never waits for the block.
// 3. No entry is handed out twice by the same reading: claims already seen as pending are dropped.
import type { Broker } from './broker.ts';
import type { ClaimedEntry, ConsumerSlot } from './consumer-slot.ts';
import type { TakenEntry } from './delivery.ts';
import { ensureGroups } from './group.ts';
import type { Reader } from './reader.ts';
import {
  type Arg,
  asList,
  asNumber,
  asStreamEntries,
  asString,
  type Reply,
  type StreamEntries,
} from './replies.ts';

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
}

export class GroupReader {
  readonly #options: GroupReaderOptions;
  readonly #reader: Reader;
  readonly #endHandOvers: (() => void)[];
  readonly #claimed = new Map<string, { readonly taken: TakenEntry; readonly atMs: number }>();
  readonly #seenPending = new Set<string>();
  #reading: { readonly consumer: string; readonly reply: Promise<Reply> } | undefined;
  #wake: (() => void) | undefined;
  #consumer = '';
  /** Where the scan of what is pending stands; undefined when it is complete. */
  #scan: { stream: number; after: string } | undefined = { stream: 0, after: '0' };
  #groupsDue = true;
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
   * Whether the next `take` begins to read what is pending for the name. Nothing taken earlier may be unsettled
   * then, or it would be taken twice.
   */
  get startsOver(): boolean {
    return (
      this.#consumer !== this.#options.slot.name || (this.#scan?.stream === 0 && this.#scan.after === '0')
    );
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
    return this.#takePending();
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
    if (this.#scan) {
      const taken = await this.#takePending();
      if (taken.entries.length > 0) return taken;
    }
    if (this.#claimed.size > 0) return this.#takeClaimed();
    if (this.#closed) return { consumer: this.#consumer, entries: [], redelivered: false };
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
    for (const entry of entries) {
      const taken = { stream, entry, lostDeliveries: Math.max(0, entry.deliveries - 1) };
      this.#claimed.set(`${stream} ${entry.id}`, { taken, atMs });
    }
    this.#wake?.();
  }

  #takeClaimed(): Taken {
    const oldestMs = performance.now() - CLAIM_KEPT_MS;
    const entries: TakenEntry[] = [];
    for (const [key, { taken, atMs }] of this.#claimed) {
      if (entries.length >= this.#options.count) break;
      this.#claimed.delete(key);
      // One that waited too long may have been claimed by another by now.
      if (atMs >= oldestMs && !this.#seenPending.has(key)) entries.push(taken);
    }
    return { consumer: this.#consumer, entries, redelivered: true };
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

  /** The next page of what is pending for the name; empty when the scan is complete. */
  async #takePending(): Promise<Taken> {
    const { broker, streams, group, count } = this.#options;
    const consumer = this.#consumer;
    while (this.#scan) {
      const { stream: index, after } = this.#scan;
      const stream = streams[index];
      if (stream === undefined) {
        this.#scan = undefined;
        break;
      }
      const reply = await broker.call(
        ...(['XREADGROUP', 'GROUP', group, consumer, 'COUNT', count, 'STREAMS', stream, after] as const),
      );
      const entries = asStreamEntries(reply)[0]?.entries ?? [];
      const [first, last] = [entries[0], entries.at(-1)];
      if (first === undefined || last === undefined) {
        this.#scan = { stream: index + 1, after: '0' };
        continue;
      }
      const range = [stream, group, first.id, last.id, entries.length, consumer] as const;
      const deliveries = deliveriesOf(await broker.call('XPENDING', ...range));
      this.#scan = { stream: index, after: last.id };
      const taken = entries.map((entry): TakenEntry => {
        this.#seenPending.add(`${stream} ${entry.id}`);
        return { stream, entry, lostDeliveries: Math.max(0, (deliveries.get(entry.id) ?? 1) - 1) };
      });
      return { consumer, entries: taken, redelivered: true };
    }
    return { consumer, entries: [], redelivered: false };
  }
}

/** How often each entry was delivered, from the rows of XPENDING. */
function deliveriesOf(reply: Reply): Map<string, number> {
  return new Map(asList(reply).map((row) => [asString(asList(row)[0]), asNumber(asList(row)[3])]));
}
