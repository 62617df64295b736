/** What can be sent as one argument of a command. */
export type Arg = string | number;

/** A command with its arguments. */
export type Command = readonly [command: string, ...args: Arg[]];

/** What a command answers; read it with the functions of this file. */
export type Reply = unknown;

/** One entry of a stream. `fields` is empty for an entry that was deleted while it was pending. */
export interface StreamEntry {
  readonly id: string;
  readonly fields: Record<string, string>;
}

/** The entries one read returned for one stream. */
export interface StreamEntries {
  readonly stream: string;
  readonly entries: StreamEntry[];
}

const asArray = (reply: Reply): readonly unknown[] => (Array.isArray(reply) ? reply : []);

function pairs(reply: Reply): Record<string, string> {
  const flat = asArray(reply);
  const record: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) record[String(flat[i])] = asString(flat[i + 1]);
  return record;
}

/** The reply as text; nil becomes ''. */
export function asString(reply: Reply): string {
  return reply === null || reply === undefined ? '' : String(reply);
}

/** A hash (flat list of pairs, or an object): undefined if the key does not exist. */
export function asHash(reply: Reply): Record<string, string> | undefined {
  if (reply === null || reply === undefined) return undefined;
  if (Array.isArray(reply)) return reply.length === 0 ? undefined : pairs(reply);
  if (typeof reply !== 'object') return undefined;
  const entries = Object.entries(reply);
  return entries.length === 0
    ? undefined
    : Object.fromEntries(entries.map(([field, value]) => [field, asString(value)]));
}

/** A list of texts; nil items become ''. */
export function asStrings(reply: Reply): string[] {
  return asArray(reply).map(asString);
}

/** A number, also when the server sent it as text; nil and text that is no number become NaN. */
export function asNumber(reply: Reply): number {
  return reply === null || reply === undefined || reply === '' ? Number.NaN : Number(reply);
}

/** A list of replies, to be read one by one; nil becomes []. */
export function asList(reply: Reply): readonly Reply[] {
  return asArray(reply);
}

/** The entries XRANGE, XCLAIM and the like return. Nil items (deleted entries) are left out. */
export function asEntries(reply: Reply): StreamEntry[] {
  const entries: StreamEntry[] = [];
  for (const item of asArray(reply)) {
    if (!Array.isArray(item)) continue;
    entries.push({ id: asString(item[0]), fields: pairs(item[1]) });
  }
  return entries;
}

/** The entries XREAD and XREADGROUP return, by stream; streams without entries are left out (Dragonfly names them). */
export function asStreamEntries(reply: Reply): StreamEntries[] {
  const streams: StreamEntries[] = [];
  for (const item of asArray(reply)) {
    if (!Array.isArray(item)) continue;
    const entries = asEntries(item[1]);
    if (entries.length > 0) streams.push({ stream: asString(item[0]), entries });
  }
  return streams;
}

/** The answer of TIME in milliseconds. */
export function asTimeMs(reply: Reply): number {
  const [seconds, micros] = asArray(reply);
  return asNumber(seconds) * 1000 + Math.floor(asNumber(micros) / 1000);
}
