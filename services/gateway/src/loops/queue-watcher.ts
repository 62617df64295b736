import { NovaError } from '@nova-torch/protocol';
import { asNumber, type Broker } from '@nova-torch/streams';

/** Keeps an eye on how much lies on the stream of submissions, so that it is bounded while nobody takes from it. */
export interface QueueWatcher {
  /** Looks once. */
  runOnce(): Promise<{ entries: number }>;
  /** Throws OVERLOADED while the queue is full. */
  refuseIfFull(): void;
}

/** `max` entries, counting those that are done and not trimmed yet; one reading late at most. */
export function createQueueWatcher(broker: Broker, queue: string, max: number): QueueWatcher {
  let entries = 0;
  return {
    async runOnce() {
      entries = asNumber(await broker.call('XLEN', queue));
      return { entries };
    },
    refuseIfFull() {
      if (entries < max) return;
      throw new NovaError(
        'OVERLOADED',
        `${entries} submissions and commands wait for the task-router already.`,
      );
    },
  };
}
