// Brings delayed messages back when they are due, by the server's clock.
//
// It sleeps until the first one is due. A message delayed by this process that is due earlier wakes it; one delayed
// by another process is promoted by that process, or, if that died, within MAX_SLEEP_MS.
import type { Broker } from './broker.ts';
import type { Service } from './consumer.ts';
import { onDelayed } from './delayed-wakeups.ts';
import { BrokerClosedError } from './errors.ts';
import { groupByTag } from './hash-tag.ts';
import { type StreamsLogger, silentLogger } from './logger.ts';
import { promoteDelayed } from './scripts/promote-delayed.ts';
import { leastBatch, type StreamDeclaration } from './stream-declaration.ts';

export interface DelayedPromoter extends Service {
  /** Promotes what is due now. */
  runOnce(): Promise<{ promoted: number }>;
}

export interface DelayedPromoterOptions {
  readonly broker: Broker;
  readonly streams: readonly (StreamDeclaration | string)[];
  readonly logger?: StreamsLogger | undefined;
}

/** Messages of a stream moved by one call at most; the least batch of the streams if that is less. */
const LIMIT = 256;
const MAX_SLEEP_MS = 1000;
const AFTER_FAILURE_MS = 200;

/** Makes a promoter for the delayed messages of some streams; any number may run for the same stream. */
export function createDelayedPromoter(options: DelayedPromoterOptions): DelayedPromoter {
  return new SleepingPromoter(options);
}

class SleepingPromoter implements DelayedPromoter {
  readonly #broker: Broker;
  readonly #logger: StreamsLogger;
  readonly #streams: ReadonlySet<string>;
  readonly #limit: number;
  #running = false;
  #timer: NodeJS.Timeout | undefined;
  #wakeAtMs = Number.POSITIVE_INFINITY;
  #round: Promise<void> | undefined;
  #endListening: (() => void) | undefined;

  constructor(options: DelayedPromoterOptions) {
    this.#broker = options.broker;
    this.#logger = options.logger ?? silentLogger;
    this.#limit = leastBatch(options.streams, LIMIT);
    this.#streams = new Set(
      options.streams.map((stream) => (typeof stream === 'string' ? stream : stream.key)),
    );
  }

  async start(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    this.#endListening = onDelayed(this.#broker, (stream, dueMs) => {
      if (this.#streams.has(stream)) this.#wakeAt(dueMs);
    });
    this.#wakeAt(this.#broker.serverNowMs());
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#endListening?.();
    clearTimeout(this.#timer);
    this.#wakeAtMs = Number.POSITIVE_INFINITY;
    await this.#round;
  }

  async runOnce(): Promise<{ promoted: number }> {
    return { promoted: (await this.#promote()).promoted };
  }

  /** Promotes what is due, and tells when the next message is. */
  async #promote(): Promise<{ promoted: number; nextDueMs: number }> {
    let promoted = 0;
    let nextDueMs = Number.POSITIVE_INFINITY;
    for (const streams of groupByTag([...this.#streams], (stream) => stream)) {
      for (;;) {
        const round = await promoteDelayed(this.#broker, streams, this.#limit);
        let full = false;
        for (const [i, { moved, missing, nextDueMs: next }] of round.streams.entries()) {
          promoted += moved;
          full ||= moved + missing >= this.#limit;
          if (missing > 0)
            this.#logger.error({ stream: streams[i], missing }, 'delayed messages had lost their body');
          if (next !== undefined && !full) nextDueMs = Math.min(nextDueMs, next);
        }
        if (!full) break;
      }
    }
    return { promoted, nextDueMs };
  }

  #wakeAt(dueMs: number): void {
    if (!this.#running || dueMs >= this.#wakeAtMs) return;
    this.#wakeAtMs = dueMs;
    clearTimeout(this.#timer);
    const delayMs = Math.min(MAX_SLEEP_MS, Math.max(0, dueMs - this.#broker.serverNowMs()));
    this.#timer = setTimeout(() => {
      this.#wakeAtMs = Number.POSITIVE_INFINITY;
      this.#round = (this.#round ?? Promise.resolve()).then(() => this.#runRound());
    }, delayMs);
  }

  async #runRound(): Promise<void> {
    if (!this.#running) return;
    try {
      const { nextDueMs } = await this.#promote();
      const latest = this.#broker.serverNowMs() + MAX_SLEEP_MS;
      this.#wakeAt(Math.min(nextDueMs, latest));
    } catch (error) {
      if (error instanceof BrokerClosedError) return;
      this.#logger.warn({ err: error }, 'promoting delayed messages failed, trying again');
      this.#wakeAt(this.#broker.serverNowMs() + AFTER_FAILURE_MS);
    }
  }
}
