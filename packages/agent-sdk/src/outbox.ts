// What the agent has to tell and has not stored yet.
//
// O1 In order per assignment; kept and sent again until stored, stale or refused.
// O2 Bounded: three reports per held assignment (a newer progress replaces a waiting one) and one settlement per
//    inbox entry in hand, both bounded by whoever adds.
// O3 One call at a time, of at most BATCH_MAX settlements: what is added meanwhile goes out together.

import type { Report } from './domain/reports.ts';
import type { AgentLogger } from './logger.ts';
import { type BackoffPolicy, backoffMs, pause, within } from './pause.ts';
import type { AgentTransport, Settled, Settlement } from './transport/agent-transport.ts';

const BATCH_MAX = 128;
/** Of the failures in a row, the first and every so many are logged. */
const LOG_EVERY = 20;
const RETRY: BackoffPolicy = { firstMs: 50, maxMs: 1_000 };

/** How a settlement ended; `dropped` when the agent stopped before. */
export type Stored = Exclude<Settled, { kind: 'later' }> | { kind: 'dropped' };

interface Item {
  settlement: Settlement;
  readonly replaceKey: string | undefined;
  readonly done: ((stored: Stored) => void)[];
}

export interface OutboxOptions {
  readonly settle: AgentTransport['settle'];
  readonly logger: AgentLogger;
}

export class Outbox {
  readonly #options: OutboxOptions;
  #queue: Item[] = [];
  #running: Promise<void> | undefined;
  readonly #closing = new AbortController();
  readonly #wake = new Set<() => void>();

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#queue.length;
  }

  /** Resolves when the settlement is stored, or never will be. Never rejects. */
  add(settlement: Settlement, replaceKey?: string): Promise<Stored> {
    return new Promise((resolve) => {
      if (this.#closing.signal.aborted) {
        resolve({ kind: 'dropped' });
        return;
      }
      const waiting = replaceKey === undefined ? undefined : this.#replaceable(replaceKey);
      if (waiting) {
        waiting.settlement = settlement;
        waiting.done.push(resolve);
      } else this.#queue.push({ settlement, replaceKey, done: [resolve] });
      this.#running ??= this.#run();
    });
  }

  /** Takes back reports that are not sent yet; the entries they would have settled are acknowledged without them. */
  withdraw(matches: (report: Report) => boolean): void {
    const kept: Item[] = [];
    for (const item of this.#queue) {
      const { agentId, entryIds, report } = item.settlement;
      if (report === undefined || !matches(report)) kept.push(item);
      else if (entryIds.length === 0) finish(item, { kind: 'stale' });
      else kept.push({ ...item, settlement: { agentId, entryIds } });
    }
    this.#queue = kept;
  }

  /** Tries at once what waits for its next try: the platform is back. */
  nudge(): void {
    for (const wake of this.#wake) wake();
  }

  /** Resolves when nothing is left, or after `timeoutMs`; what is left then is dropped and its count returned. */
  async close(timeoutMs: number, giveUp?: AbortSignal): Promise<number> {
    if (this.#running) await within(this.#running, timeoutMs, giveUp);
    this.#closing.abort();
    const left = this.#queue;
    this.#queue = [];
    for (const item of left) finish(item, { kind: 'dropped' });
    return left.length;
  }

  #replaceable(key: string): Item | undefined {
    return this.#queue.find((item) => item.replaceKey === key);
  }

  async #run(): Promise<void> {
    // What one turn of the event loop adds goes out in one call.
    await new Promise((resolve) => setImmediate(resolve));
    let failures = 0;
    while (this.#queue.length > 0 && !this.#closing.signal.aborted) {
      const batch = this.#queue.splice(0, BATCH_MAX);
      const { left, detail } = await this.#send(batch);
      if (this.#closing.signal.aborted) {
        for (const item of left) finish(item, { kind: 'dropped' });
        break;
      }
      if (left.length === 0) {
        failures = 0;
        continue;
      }
      this.#queue.unshift(...left);
      failures = left.length < batch.length ? 1 : failures + 1;
      if (failures % LOG_EVERY === 1) {
        const waiting = this.#queue.length;
        this.#options.logger.warn({ waiting, failures, detail }, 'reports wait for the platform');
      }
      await this.#pause(backoffMs(failures, RETRY));
    }
    this.#running = undefined;
  }

  async #send(batch: Item[]): Promise<{ left: Item[]; detail: string }> {
    const left: Item[] = [];
    let detail = '';
    let results: Settled[];
    try {
      results = await this.#options.settle(batch.map((item) => item.settlement));
    } catch (error) {
      return { left: batch, detail: error instanceof Error ? error.message : String(error) };
    }
    for (const [index, item] of batch.entries()) {
      const result = results[index] ?? { kind: 'later', detail: 'no answer for it' };
      if (result.kind === 'later') {
        left.push(item);
        detail = result.detail;
      } else finish(item, result);
    }
    return { left, detail };
  }

  #pause(ms: number): Promise<void> {
    const woken = new AbortController();
    const wake = (): void => woken.abort();
    this.#wake.add(wake);
    return pause(ms, AbortSignal.any([woken.signal, this.#closing.signal])).finally(() =>
      this.#wake.delete(wake),
    );
  }
}

function finish(item: Item, stored: Stored): void {
  for (const done of item.done) done(stored);
}
