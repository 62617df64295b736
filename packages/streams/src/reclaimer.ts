// Takes over what other consumers left pending, and feeds it to this process's consumer.
//
// 1. What was pending for a consumer whose lease is gone is taken over at once.
// 2. What lies idle longer than `idleMs`, whoever holds it, is claimed with XAUTOCLAIM, whose cursor is followed to
//    its end; entries deleted while pending are counted and logged.
// 3. No more is claimed than the consumer has room for; the rest waits for the next run.
// 4. Claiming is not a delivery: what a message did to the consumer before it is not charged to those behind it.
import type { Broker } from './broker.ts';
import type { ClaimedEntry, ConsumerSlot } from './consumer-slot.ts';
import { codeOf } from './errors.ts';
import { type StreamsLogger, silentLogger } from './logger.ts';
import type { Codec, MessageHead } from './message.ts';
import { noMetrics, type StreamMetrics } from './metrics.ts';
import { asHash, asList, asString, asStrings } from './replies.ts';
import { takeOverDead } from './scripts/pending.ts';
import { leastBatch, type StreamDeclaration } from './stream-declaration.ts';

export interface Reclaimed {
  /** Entries handed to the consumer. */
  readonly claimed: number;
  /** Entries that were pending although they had been deleted: their messages are lost from the stream. */
  readonly deleted: number;
  readonly consumersRemoved: number;
}

export interface Reclaimer {
  /** Looks once at every stream that has a running consumer on the slot. */
  runOnce(): Promise<Reclaimed>;
}

export interface ReclaimerOptions {
  readonly broker: Broker;
  readonly codec?: Codec<MessageHead> | undefined;
  readonly group: string;
  readonly streams: readonly (StreamDeclaration | string)[];
  readonly slot: ConsumerSlot;
  /** How long an entry may lie with a living consumer, in ms; 30,000 by default. */
  readonly idleMs?: number | undefined;
  readonly logger?: StreamsLogger | undefined;
  readonly metrics?: StreamMetrics | undefined;
}

const DEFAULT_IDLE_MS = 30_000;
/** Entries claimed by one call at most; a stream's batch if that is less. */
const PAGE = 128;
/** Of an entry that fell idle between two looks: it has been delivered at least once before. */
const UNKNOWN_PAST = { deliveries: 1, lastLost: undefined };

export function createReclaimer(options: ReclaimerOptions): Reclaimer {
  const reclaimer = new PendingReclaimer(options);
  return { runOnce: () => reclaimer.runOnce() };
}

type Counts = { claimed: number; deleted: number; consumersRemoved: number };

class PendingReclaimer {
  readonly #options: ReclaimerOptions;
  readonly #logger: StreamsLogger;
  readonly #streams: readonly { readonly key: string; readonly page: number }[];

  constructor(options: ReclaimerOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#streams = options.streams.map((stream) => ({
      key: typeof stream === 'string' ? stream : stream.key,
      page: leastBatch([stream], PAGE),
    }));
  }

  async runOnce(): Promise<Reclaimed> {
    const counts: Counts = { claimed: 0, deleted: 0, consumersRemoved: 0 };
    for (const { key, page } of this.#streams) {
      try {
        await this.#takeOverFromDead(key, page, counts);
        await this.#claimIdle(key, page, counts);
      } catch (error) {
        // The stream or its group does not exist (any more): nothing is pending; the consumer creates it again.
        if (codeOf(error) !== 'NOGROUP' && !/no such key/i.test(String(error))) throw error;
      }
    }
    return counts;
  }

  async #takeOverFromDead(stream: string, page: number, counts: Counts): Promise<void> {
    const { broker, group, slot } = this.#options;
    const consumers = asList(await broker.call('XINFO', 'CONSUMERS', stream, group));
    for (const consumer of consumers.map((row) => asHash(row)?.name ?? '')) {
      const leaseKey = slot.leaseKeyOf(consumer);
      if (leaseKey === undefined || consumer === slot.name) continue;
      const dead = { stream, leaseKey, group, consumer, heir: slot.name };
      for (;;) {
        const limit = Math.min(page, slot.room(stream));
        if (limit === 0) return;
        const taken = await takeOverDead(broker, { ...dead, limit });
        this.#countDeleted(stream, taken.deleted, counts);
        counts.consumersRemoved += taken.consumerRemoved ? 1 : 0;
        const nowMs = broker.serverNowMs();
        const entries = taken.entries.map(({ id, idleMs, deliveries }) => ({
          ...{ id, deliveries },
          lastLost: { consumer, atMs: nowMs - idleMs },
        }));
        this.#handOver(stream, entries, counts);
        if (taken.consumerRemoved || entries.length + taken.deleted.length === 0) break;
      }
    }
  }

  async #claimIdle(stream: string, page: number, counts: Counts): Promise<void> {
    const { broker, group, slot, idleMs = DEFAULT_IDLE_MS } = this.#options;
    let cursor = '0-0';
    do {
      const limit = Math.min(page, slot.room(stream));
      if (limit === 0) return;
      const heir = slot.name;
      const holders = await this.#idleSince(stream, cursor, limit);
      const range = [idleMs, cursor, 'COUNT', limit, 'JUSTID'] as const;
      const reply = await broker.call('XAUTOCLAIM', stream, group, heir, ...range);
      const [next, claimed, deleted] = asList(reply);
      cursor = asString(next);
      this.#countDeleted(stream, asStrings(deleted), counts);
      const entries = asStrings(claimed).map((id) => holders.get(id) ?? { ...UNKNOWN_PAST, id });
      this.#handOver(stream, entries, counts);
    } while (cursor !== '0-0');
  }

  /** Who holds the idle entries from `from` on, before they are claimed. */
  async #idleSince(stream: string, from: string, limit: number): Promise<Map<string, ClaimedEntry>> {
    const { broker, group, idleMs = DEFAULT_IDLE_MS } = this.#options;
    const start = from === '0-0' ? '-' : from;
    const rows = asList(await broker.call('XPENDING', stream, group, 'IDLE', idleMs, start, '+', limit));
    const nowMs = broker.serverNowMs();
    return new Map(
      rows.map((row) => {
        const [id = '', consumer = '', idle, deliveries] = asStrings(row);
        const lastLost = { consumer, atMs: nowMs - Number(idle) };
        return [id, { id, deliveries: Number(deliveries), lastLost }];
      }),
    );
  }

  #handOver(stream: string, entries: readonly ClaimedEntry[], counts: Counts): void {
    if (entries.length === 0) return;
    const { slot, group } = this.#options;
    slot.handOver(stream, entries);
    counts.claimed += entries.length;
    this.#logger.info(
      { stream, group, consumer: slot.name, claimed: entries.length },
      'pending entries claimed',
    );
  }

  #countDeleted(stream: string, deleted: readonly string[], counts: Counts): void {
    if (deleted.length === 0) return;
    const { group, metrics = noMetrics } = this.#options;
    counts.deleted += deleted.length;
    metrics.increment('lostPending', { stream, group }, deleted.length);
    this.#logger.error({ stream, group, deleted }, 'entries were deleted while they were pending');
  }
}
