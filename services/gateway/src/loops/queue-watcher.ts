import { NovaError, type Priority } from '@nova-torch/protocol';
import { type Broker, countWaiting } from '@nova-torch/streams';
import { shedAt } from '../domain/shedding.ts';

/** Keeps an eye on how much waits for the task-router, so that it is bounded while nobody takes from it. */
export interface QueueWatcher {
  /** Looks once. */
  runOnce(): Promise<{ waiting: number }>;
  /** The error for a submission of a priority that is refused now. */
  refusalOf(priority: Priority): NovaError | undefined;
  /** The priorities refused now. */
  readonly shedding: readonly Priority[];
  readonly waiting: number;
  readonly max: number;
}

/** Who takes from it. */
const GROUP = 'task-router';
/** When to try again: the queue is looked at once a second. */
const RETRY_AFTER_MS: Readonly<Record<Priority, number>> = {
  low: 10_000,
  normal: 5_000,
  high: 2_000,
  urgent: 1_000,
  critical: 1_000,
};

/** `max` submissions and commands that nobody has handled yet; one reading late at most. */
export function createQueueWatcher(broker: Broker, stream: string, max: number): QueueWatcher {
  let waiting = 0;
  let shedding: readonly Priority[] = [];
  return {
    max,
    get waiting() {
      return waiting;
    },
    get shedding() {
      return shedding;
    },
    async runOnce() {
      waiting = await countWaiting(broker, stream, GROUP);
      shedding = shedAt(waiting, max);
      return { waiting };
    },
    refusalOf(priority) {
      if (!shedding.includes(priority)) return undefined;
      return new NovaError(
        'OVERLOADED',
        `${waiting} submissions and commands wait for the task-router already: none of priority ${priority} is taken.`,
        { retryAfterMs: RETRY_AFTER_MS[priority] },
      );
    },
  };
}
