import type { Broker } from './broker.ts';
import { type StreamsLogger, silentLogger } from './logger.ts';
import { trimAcknowledged, trimFeed } from './scripts/trim.ts';
import type { StreamDeclaration } from './stream-declaration.ts';

export interface Trimmer {
  /**
   * Trims every stream once: work streams up to what all declared groups acknowledged (not at all while one of them
   * is missing or none is declared), feeds by age and length. Returns the entries removed.
   */
  runOnce(): Promise<{ trimmed: number }>;
}

export interface TrimmerOptions {
  readonly broker: Broker;
  readonly streams: readonly StreamDeclaration[];
  readonly logger?: StreamsLogger | undefined;
}

/** Entries removed by one script call, about: 5,000 take well under a millisecond in whole nodes. */
const STEP = 5000;
/** Script calls per stream and run; what is left is for the next run. */
const STEPS_MAX = 200;
/** Bounds of a feed that declares none. */
const FEED_MAX_LEN = 100_000;

export function createTrimmer({ broker, streams, logger = silentLogger }: TrimmerOptions): Trimmer {
  const trimOnce = async (stream: StreamDeclaration): Promise<number> => {
    if (stream.kind === 'feed') {
      const maxLen = stream.maxLen ?? (stream.maxAgeMs === undefined ? FEED_MAX_LEN : undefined);
      return trimFeed(broker, stream.key, { maxAgeMs: stream.maxAgeMs, maxLen, limit: STEP });
    }
    if (stream.groups.length === 0) return 0;
    const removed = await trimAcknowledged(broker, stream.key, stream.groups, STEP);
    if (removed === undefined) {
      logger.debug({ stream: stream.key, groups: stream.groups }, 'not trimmed: a declared group is missing');
    }
    return removed ?? 0;
  };
  return {
    async runOnce() {
      let trimmed = 0;
      for (const stream of streams) {
        for (let step = 0; step < STEPS_MAX; step += 1) {
          const removed = await trimOnce(stream);
          trimmed += removed;
          if (removed === 0) break;
        }
      }
      return { trimmed };
    },
  };
}
