// Settles what handlers decided, in batches: while one call is under way, the next outcomes gather for the one after.
//
// 1. An outcome is kept until the broker took it or said that its entry is gone; a lost connection is waited for.
// 2. What the broker will never take is left pending: it comes back, and ends in the dead letters by its attempts.
// 3. At most one call is under way; how much may gather is bounded by the consumer, which waits for room.
import type { Broker } from './broker.ts';
import { announceDelayed } from './delayed-wakeups.ts';
import {
  BrokerClosedError,
  BrokerReplyError,
  BrokerTimeoutError,
  BrokerUnavailableError,
  codeOf,
} from './errors.ts';
import type { StreamsLogger } from './logger.ts';
import type { StreamMetrics } from './metrics.ts';
import { pause } from './pause.ts';
import { type Settlement, settleBatch } from './scripts/settle-batch.ts';

/** Errors that pass by themselves. */
const PASSING_CODES = new Set([
  'LOADING',
  'OOM',
  'BUSY',
  'READONLY',
  'MISCONF',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'NOREPLICAS',
]);
const AFTER_LOST_CONNECTION_MS = 50;
const AFTER_PASSING_ERROR_MS = 250;

export interface SettlerOptions {
  readonly broker: Broker;
  readonly group: string;
  readonly logger: StreamsLogger;
  readonly metrics: StreamMetrics;
}

export interface Settler {
  /** Takes outcomes over; they go out at the end of this turn of the event loop, or with the next call. */
  add(consumer: string, settlements: readonly Settlement[]): void;
  /** Resolves when fewer than `limit` outcomes wait. */
  room(limit: number): Promise<void>;
  /** Gives up what the broker has not taken; those entries stay pending. */
  abandon(): void;
}

type Waiting = { readonly consumer: string; readonly settlement: Settlement };

export function createSettler(options: SettlerOptions): Settler {
  return new BatchingSettler(options);
}

class BatchingSettler implements Settler {
  readonly #options: SettlerOptions;
  readonly #abandoned = new AbortController();
  #waiting: Waiting[] = [];
  #underWay = 0;
  #running = false;
  #roomWaiters: { limit: number; resolve: () => void }[] = [];

  constructor(options: SettlerOptions) {
    this.#options = options;
  }

  add(consumer: string, settlements: readonly Settlement[]): void {
    for (const settlement of settlements) this.#waiting.push({ consumer, settlement });
    if (this.#running || this.#waiting.length === 0) return;
    this.#running = true;
    setImmediate(() => void this.#run());
  }

  room(limit: number): Promise<void> {
    if (this.#size < limit) return Promise.resolve();
    return new Promise((resolve) => this.#roomWaiters.push({ limit, resolve }));
  }

  abandon(): void {
    this.#abandoned.abort();
  }

  get #size(): number {
    return this.#waiting.length + this.#underWay;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      this.#underWay = batch.length;
      const startedAt = performance.now();
      for (const [consumer, items] of Map.groupBy(batch, (item) => item.consumer)) {
        await this.#settle(
          consumer,
          items.map((item) => item.settlement),
        );
      }
      this.#underWay = 0;
      const seconds = (performance.now() - startedAt) / 1000;
      this.#options.metrics.observe('settleDuration', { group: this.#options.group }, seconds);
      this.#freeRoom();
    }
    this.#running = false;
  }

  #freeRoom(): void {
    const ready = this.#roomWaiters.filter(({ limit }) => this.#size < limit);
    this.#roomWaiters = this.#roomWaiters.filter(({ limit }) => this.#size >= limit);
    for (const { resolve } of ready) resolve();
  }

  async #settle(consumer: string, settlements: readonly Settlement[]): Promise<void> {
    const { broker, group, logger, metrics } = this.#options;
    while (!this.#abandoned.signal.aborted) {
      try {
        const { delayed, dropped } = await settleBatch(broker, { group, consumer, settlements });
        for (const { stream, dueMs } of delayed) announceDelayed(broker, stream, dueMs);
        for (const { stream, count } of dropped) {
          metrics.increment('deadLettersDropped', { stream, why: 'limit' }, count);
          logger.warn({ group, stream, count, why: 'limit' }, 'dead letters dropped');
        }
        return;
      } catch (error) {
        metrics.increment('settleFailures', { group }, 1);
        if (error instanceof BrokerClosedError || codeOf(error) === 'NOGROUP') {
          // Closed: the entries stay pending. No group: nothing is pending any more, all of it is delivered again.
          logger.warn({ group, count: settlements.length, err: error }, 'outcomes dropped');
          return;
        }
        const waitMs = retryDelayMs(error);
        if (waitMs === undefined) {
          await this.#settleOneByOne(consumer, settlements, error);
          return;
        }
        logger.warn({ group, count: settlements.length, err: error }, 'settling failed, trying again');
        await pause(waitMs, this.#abandoned.signal);
      }
    }
  }

  /** Finds the outcome the broker refuses, so that the others are not held up by it. */
  async #settleOneByOne(consumer: string, settlements: readonly Settlement[], error: unknown): Promise<void> {
    const { group, logger } = this.#options;
    const [first, ...rest] = settlements;
    if (first === undefined) return;
    if (rest.length === 0) {
      const { stream, entryId, step } = first;
      logger.error(
        { group, stream, entryId, outcome: step.kind, err: error },
        'the broker refuses an outcome',
      );
      return;
    }
    for (const settlement of settlements) await this.#settle(consumer, [settlement]);
  }
}

/** How long to wait before the same call is made again; undefined if that would not help. */
function retryDelayMs(error: unknown): number | undefined {
  if (error instanceof BrokerTimeoutError || error instanceof BrokerUnavailableError)
    return AFTER_LOST_CONNECTION_MS;
  if (error instanceof BrokerReplyError && PASSING_CODES.has(error.code)) return AFTER_PASSING_ERROR_MS;
  return undefined;
}
