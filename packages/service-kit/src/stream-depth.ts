import {
  asList,
  asNumber,
  type Broker,
  type Command,
  deadLetterKey,
  delayedKey,
  type StreamDeclaration,
} from '@nova-torch/streams';
import type { Metrics } from './metrics.ts';

interface Depth {
  stream: string;
  entries: number;
  pending: number;
  delayed: number;
  dead: number;
}

/**
 * Adds gauges of how much waits in work streams: entries kept, entries taken and not settled, delayed messages, dead
 * letters. Read from the broker once per scrape of the metrics; while the broker is gone they stand as they were.
 */
export function observeStreamDepth(
  broker: Broker,
  metrics: Metrics,
  streams: readonly StreamDeclaration[],
  group: string,
): void {
  let reading: Promise<Depth[]> | undefined;
  // All gauges of one scrape are asked in the same turn: they share one reading.
  const read = (): Promise<Depth[]> => {
    reading ??= readDepths(broker, streams, group)
      .catch(() => [])
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  const gauge = (name: string, help: string, pick: (depth: Depth) => number): void => {
    metrics.gauge({
      name,
      help,
      labelNames: ['stream'],
      async collect() {
        for (const depth of await read()) this.set({ stream: depth.stream }, pick(depth));
      },
    });
  };
  gauge('stream_entries', 'Entries kept, with those settled but not trimmed yet.', ({ entries }) => entries);
  gauge(
    'stream_pending_entries',
    'Entries the group has taken and not settled yet.',
    ({ pending }) => pending,
  );
  gauge('stream_delayed_entries', 'Messages that come back later.', ({ delayed }) => delayed);
  gauge('stream_dead_letters_kept', 'Dead letters kept.', ({ dead }) => dead);
}

async function readDepths(
  broker: Broker,
  streams: readonly StreamDeclaration[],
  group: string,
): Promise<Depth[]> {
  const lengths = streams.flatMap(({ key }): Command[] => [
    ['XLEN', key],
    ['ZCARD', delayedKey(key)],
    ['XLEN', deadLetterKey(key)],
  ]);
  // Alone, because a group that does not exist yet is an error of its own stream only.
  const pendingOf = async ({ key }: StreamDeclaration): Promise<number> => {
    const summary = await broker.call('XPENDING', key, group).catch(() => undefined);
    return asNumber(asList(summary)[0]) || 0;
  };
  const [replies, pending] = await Promise.all([broker.batch(lengths), Promise.all(streams.map(pendingOf))]);
  return streams.map(({ key }, index) => ({
    stream: key,
    entries: asNumber(replies[index * 3]),
    delayed: asNumber(replies[index * 3 + 1]),
    dead: asNumber(replies[index * 3 + 2]),
    pending: pending[index] ?? 0,
  }));
}
