import type { Broker } from '../broker.ts';
import { asNumber, asStrings } from '../replies.ts';
import { defineScript } from '../script.ts';
import { delayedBodyKey, delayedKey } from '../stream-declaration.ts';

export interface Promoted {
  readonly streams: readonly {
    readonly moved: number;
    readonly missing: number;
    /** Server ms; undefined if nothing is delayed. */
    readonly nextDueMs: number | undefined;
  }[];
  readonly serverNowMs: number;
}

const script = defineScript<Promoted>({
  name: 'promote-delayed',
  file: new URL('./promote-delayed.lua', import.meta.url),
  parse: (reply) => {
    const values = asStrings(reply);
    const streams = [];
    for (let i = 0; i + 3 < values.length; i += 3) {
      const next = values[i + 2];
      streams.push({
        moved: asNumber(values[i]),
        missing: asNumber(values[i + 1]),
        nextDueMs: next === undefined || next === '' ? undefined : Number(next),
      });
    }
    return { streams, serverNowMs: asNumber(values.at(-1)) };
  },
});

/** Moves at most `limit` due messages per stream; streams share one hash tag. */
export function promoteDelayed(broker: Broker, streams: readonly string[], limit: number): Promise<Promoted> {
  return broker.run(script, {
    keys: streams.flatMap((stream) => [stream, delayedKey(stream), delayedBodyKey(stream)]),
    args: [limit],
  });
}
