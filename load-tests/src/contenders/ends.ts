import { streamKeys } from '@nova-torch/protocol';
import type { Broker } from '@nova-torch/streams';
import { type FollowedFeed, followFeed } from '../feed.ts';

/** Task and new state of one change in a message of the feed. */
const CHANGE = /"task_id":"([^"]+)","seq":\d+,"from":"[a-z]+","to":"([a-z]+)"/g;

/** Counts the tasks whose end is stored, from the feed of transitions. */
export class Ends {
  readonly #feed: FollowedFeed;
  readonly #seen = new Set<string>();
  /** Transitions into each state. */
  readonly #states = new Map<string, number>();
  #waiter: { total: number; resolve: () => void; reject: (why: Error) => void } | undefined;

  /** Counts what this broker connection makes happen from now on. */
  constructor(broker: Broker) {
    this.#feed = followFeed(broker, streamKeys(0).tasksActive, '$', (json) => this.#count(json));
  }

  /** Looks at the text only: decoding every transition would cost the machine more than the floor does. */
  #count(json: string): void {
    for (const [, taskId = json, to = ''] of json.matchAll(CHANGE)) {
      this.#states.set(to, (this.#states.get(to) ?? 0) + 1);
      if (to === 'failed') this.#waiter?.reject(new Error(`a task of the measurement failed: ${taskId}`));
      if (to === 'completed') this.#seen.add(taskId);
    }
    if (this.#waiter && this.#seen.size >= this.#waiter.total) this.#waiter.resolve();
  }

  /** Resolves when `total` different tasks have been completed; rejects when one fails. */
  reached(total: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiter = { total, resolve, reject };
    if (this.#seen.size >= total) resolve();
    return Promise.race([promise, this.#feed.broken]);
  }

  get counts() {
    return { events: this.#states.get('completed') ?? 0, distinct: this.#seen.size };
  }

  get states() {
    return Object.fromEntries(this.#states);
  }

  stop(): Promise<void> {
    return this.#feed.stop();
  }
}
