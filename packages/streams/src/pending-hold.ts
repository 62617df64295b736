import type { Broker } from './broker.ts';
import type { Taken } from './group-reader.ts';
import type { StreamsLogger } from './logger.ts';
import { touchPending } from './scripts/pending.ts';

/** Keeps the entries of a running batch from being claimed as idle by others. */
export interface PendingHold {
  /** The entry has been handled; it is held no longer. */
  release(stream: string, entryId: string): void;
  end(): void;
}

/** How often entries that are still being worked on are touched, in ms: well below the idle time for claims. */
const TOUCH_MS = 10_000;

/** Holds the entries of a batch until they are released one by one, or all at its `end`. */
export function holdPending(
  broker: Broker,
  group: string,
  taken: Taken,
  logger: StreamsLogger,
  everyMs = TOUCH_MS,
): PendingHold {
  const held = new Map<string, Set<string>>();
  for (const { stream, entry } of taken.entries) {
    const ids = held.get(stream) ?? new Set();
    held.set(stream, ids.add(entry.id));
  }
  const touch = async (): Promise<void> => {
    for (const [stream, ids] of held) {
      if (ids.size === 0) continue;
      await touchPending(broker, { stream, group, consumer: taken.consumer, entryIds: [...ids] });
    }
  };
  const timer = setInterval(() => {
    touch().catch((err) => logger.debug({ group, err }, 'entries being worked on could not be touched'));
  }, everyMs);
  return {
    release: (stream, entryId) => held.get(stream)?.delete(entryId),
    end: () => clearInterval(timer),
  };
}
