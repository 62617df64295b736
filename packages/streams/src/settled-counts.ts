import type { StreamMetrics } from './metrics.ts';
import type { SettlementStep } from './scripts/settle-batch.ts';

const STEP_KINDS: readonly SettlementStep['kind'][] = ['ack', 'retry', 'dead_letter'];

/** The outcomes of a consumer's messages, given to its metrics batch by batch. */
export class SettledCounts {
  readonly #metrics: StreamMetrics;
  readonly #group: string;
  /** Since they were given on last, by stream and outcome. */
  readonly #counts = new Map<string, number>();

  constructor(metrics: StreamMetrics, group: string) {
    this.#metrics = metrics;
    this.#group = group;
  }

  /** What has not happened yet is counted as 0: the first time would not be seen as an increase. */
  begin(streams: readonly string[]): void {
    const group = this.#group;
    for (const stream of streams) {
      for (const outcome of STEP_KINDS) this.#metrics.increment('messages', { stream, group, outcome }, 0);
      this.#metrics.increment('redelivered', { stream, group }, 0);
      this.#metrics.increment('lostPending', { stream, group }, 0);
    }
    this.#metrics.increment('settleFailures', { group }, 0);
  }

  add(stream: string, outcome: SettlementStep['kind']): void {
    const settled = `${stream} ${outcome}`;
    this.#counts.set(settled, (this.#counts.get(settled) ?? 0) + 1);
  }

  flush(): void {
    for (const [settled, count] of this.#counts) {
      const [stream = '', outcome = ''] = settled.split(' ');
      this.#metrics.increment('messages', { stream, group: this.#group, outcome }, count);
    }
    this.#counts.clear();
  }
}
