// Reads one key with commands that every broker of the family has. A key that changes while it is read may come out torn:
// who calls this sees to it that it does not, or that the key is read again.
import { codeOf } from '../errors.ts';
import { asList, asNumber, asString, asTimeMs, type Reply } from '../replies.ts';
import type { Connection } from './connection.ts';
import { ITEMS_PER_LINE, type Item, KEY_TYPES, type KeyHead, type KeyType, type Line } from './format.ts';
import { bytesOf, shown, type Text, textOf } from './text.ts';

/** What a key is, before what it holds. */
export interface KeyFacts {
  readonly key: Text;
  readonly type: KeyType;
  readonly expires_at_ms?: number | undefined;
}

/** The key changed between two commands: it is another one now, or none. */
export class KeyMovedError extends Error {
  override readonly name = 'KeyMovedError';
}

/** Resolves with undefined if the key does not exist (any more). */
export async function readFacts(connection: Connection, key: Text): Promise<KeyFacts | undefined> {
  const name = bytesOf(key);
  const [typeReply, ttl] = await Promise.all([connection.ask('TYPE', name), connection.ask('PTTL', name)]);
  const found = asString(typeReply);
  if (found === 'none' || asNumber(ttl) === -2) return undefined;
  const type = KEY_TYPES.find((known) => known === found);
  if (type === undefined) throw new Error(`the key ${shown(key)} is a ${found}, which a backup cannot hold`);
  if (asNumber(ttl) < 0) return { key, type };
  const [time, left] = await Promise.all([connection.ask('TIME'), connection.ask('PTTL', name)]);
  const leftMs = asNumber(left);
  if (leftMs < 0) throw new KeyMovedError('its time is over');
  return { key, type, expires_at_ms: asTimeMs(time) + leftMs };
}

/** Turns the errors of a key that is another one now into KeyMovedError. */
export async function steady<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    const moved =
      codeOf(error) === 'WRONGTYPE' || codeOf(error) === 'NOGROUP' || /no such key/i.test(String(error));
    throw moved ? new KeyMovedError('the key changed while it was read', { cause: error }) : error;
  }
}

/** The lines of a key that is no stream, without its last one. A hash or a set is held in memory whole. */
export async function* readPlainKey(connection: Connection, facts: KeyFacts): AsyncGenerator<Line> {
  const head: KeyHead = facts;
  yield head;
  const name = bytesOf(facts.key);
  switch (facts.type) {
    case 'string': {
      const value = await connection.ask('GET', name);
      if (value === null) throw new KeyMovedError('the key is gone');
      yield { items: [textOf(value)] };
      return;
    }
    case 'hash':
      yield* inLines(pairsOf(await connection.ask('HGETALL', name)).toSorted(byFirst));
      return;
    case 'set':
      yield* inLines(
        asList(await connection.ask('SMEMBERS', name))
          .map(textOf)
          .toSorted(byName),
      );
      return;
    case 'zset':
      yield* pages((from, to) => connection.ask('ZRANGE', name, from, to, 'WITHSCORES'), pairsOf);
      return;
    case 'list':
      yield* pages(
        (from, to) => connection.ask('LRANGE', name, from, to),
        (reply) => asList(reply).map(textOf),
      );
      return;
    default:
      throw new Error(`${facts.type} is read elsewhere`);
  }
}

const byName = (one: Text, other: Text): number => compare(shown(one), shown(other));
const byFirst = ([one]: readonly [Text, Text], [other]: readonly [Text, Text]): number => byName(one, other);
const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

function pairsOf(reply: Reply): [Text, Text][] {
  const flat = asList(reply).map(textOf);
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[i * 2] ?? '', flat[i * 2 + 1] ?? '']);
}

function* inLines(items: readonly Item[]): Generator<Line> {
  for (let from = 0; from < items.length; from += ITEMS_PER_LINE)
    yield { items: items.slice(from, from + ITEMS_PER_LINE) };
}

async function* pages(
  read: (from: number, to: number) => Promise<Reply>,
  parse: (reply: Reply) => Item[],
): AsyncGenerator<Line> {
  for (let from = 0; ; from += ITEMS_PER_LINE) {
    const items = parse(await read(from, from + ITEMS_PER_LINE - 1));
    if (items.length > 0) yield { items };
    if (items.length < ITEMS_PER_LINE) return;
  }
}
