import type { Broker } from '../broker.ts';
import { asString } from '../replies.ts';
import { defineScript } from '../script.ts';

const script = defineScript<string>({
  name: 'publish-request',
  file: new URL('./publish-request.lua', import.meta.url),
  parse: asString,
});

/** Sends an encoded request; returns the id before the first answer if the reply stream was created now, else ''. */
export function publishRequest(
  broker: Broker,
  request: {
    readonly replies: string;
    readonly target: string;
    readonly ttlMs: number;
    readonly lastReadId: string;
    readonly json: string;
  },
): Promise<string> {
  return broker.run(script, {
    keys: [request.replies, request.target],
    args: [request.ttlMs, request.lastReadId, request.json],
  });
}
