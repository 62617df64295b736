import type { Broker } from '../broker.ts';
import { asList, asNumber } from '../replies.ts';
import { defineScript } from '../script.ts';
import type { Bounds } from '../stream-declaration.ts';

const acknowledged = defineScript<number | undefined>({
  name: 'trim-acknowledged',
  file: new URL('./trim-acknowledged.lua', import.meta.url),
  parse: (reply) => (asNumber(reply) < 0 ? undefined : asNumber(reply)),
});

const feed = defineScript<number>({
  name: 'trim-feed',
  file: new URL('./trim-feed.lua', import.meta.url),
  parse: asNumber,
});

const deadLetterTrim = defineScript<{ readonly aged: number; readonly excess: number }>({
  name: 'trim-dead-letters',
  file: new URL('./trim-dead-letters.lua', import.meta.url),
  parse: (reply) => {
    const [aged, excess] = asList(reply).map(asNumber);
    return { aged: aged ?? 0, excess: excess ?? 0 };
  },
});

/** Removes about `limit` dead letters that are too old, or when there are none, of those that are too many. */
export function trimDeadLetters(
  broker: Broker,
  deadLetters: string,
  { maxLen, maxAgeMs }: Bounds,
  limit: number,
): Promise<{ readonly aged: number; readonly excess: number }> {
  return broker.run(deadLetterTrim, { keys: [deadLetters], args: [limit, maxAgeMs, maxLen] });
}

/** Removes about `limit` entries all declared groups acknowledged; undefined if one of the groups is missing. */
export function trimAcknowledged(
  broker: Broker,
  stream: string,
  groups: readonly string[],
  limit: number,
): Promise<number | undefined> {
  return broker.run(acknowledged, { keys: [stream], args: [limit, ...groups] });
}

/** Removes about `limit` entries older than `maxAgeMs` or beyond `maxLen`. */
export function trimFeed(
  broker: Broker,
  stream: string,
  bounds: {
    readonly maxAgeMs: number | undefined;
    readonly maxLen: number | undefined;
    readonly limit: number;
  },
): Promise<number> {
  return broker.run(feed, {
    keys: [stream],
    args: [bounds.limit, bounds.maxAgeMs ?? '', bounds.maxLen ?? ''],
  });
}
