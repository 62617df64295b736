// Dead letters are kept for people, not for ever: what is beyond a stream's bounds goes, is counted, and said.
import type { Broker } from './broker.ts';
import { type StreamsLogger, silentLogger } from './logger.ts';
import { noMetrics, type StreamMetrics } from './metrics.ts';
import { trimDeadLetters } from './scripts/trim.ts';
import { type Bounds, deadLetterKey } from './stream-declaration.ts';

export interface DeadLetterTrimmer {
  /** Trims the dead letters of every stream once, and returns how many went. */
  runOnce(): Promise<{ dropped: number }>;
}

export interface DeadLetterTrimmerOptions {
  readonly broker: Broker;
  /** Keys of the streams (not of their dead letters), with what is kept of each. */
  readonly streams: readonly { readonly key: string; readonly deadLetters: Bounds }[];
  readonly logger?: StreamsLogger | undefined;
  readonly metrics?: StreamMetrics | undefined;
}

/** Entries removed by one script call, about. */
const STEP = 5000;
/** Script calls per stream and run; what is left is for the next run. */
const STEPS_MAX = 200;

export function createDeadLetterTrimmer(options: DeadLetterTrimmerOptions): DeadLetterTrimmer {
  const { broker, streams, logger = silentLogger, metrics = noMetrics } = options;
  for (const { key: stream } of streams) {
    for (const why of ['age', 'number', 'limit']) metrics.increment('deadLettersDropped', { stream, why }, 0);
  }
  const trimOne = async ({ key, deadLetters }: (typeof streams)[number]): Promise<number> => {
    const gone = { age: 0, number: 0 };
    for (let step = 0; step < STEPS_MAX; step += 1) {
      const { aged, excess } = await trimDeadLetters(broker, deadLetterKey(key), deadLetters, STEP);
      gone.age += aged;
      gone.number += excess;
      if (aged + excess === 0) break;
    }
    for (const [why, count] of Object.entries(gone)) {
      if (count === 0) continue;
      metrics.increment('deadLettersDropped', { stream: key, why }, count);
      logger.warn({ stream: key, count, why, ...deadLetters }, 'dead letters dropped');
    }
    return gone.age + gone.number;
  };
  return {
    async runOnce() {
      let dropped = 0;
      for (const stream of streams) dropped += await trimOne(stream);
      return { dropped };
    },
  };
}
