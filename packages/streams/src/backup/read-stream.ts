// Reads a stream in parts, so that one that was read before needs only what came since.
import { asList, asNumber, asString, asTimeMs, type Reply } from '../replies.ts';
import type { Connection } from './connection.ts';
import { type GroupHead, ITEMS_PER_LINE, type KeyHead, type PendingEntry } from './format.ts';
import type { KeyFacts } from './read-key.ts';
import { bytesOf, shown, type Text, textOf } from './text.ts';

/** `[id, [field, value, …]]` */
export type EntryItem = readonly [id: string, fields: readonly Text[]];

/** A stream's head and what says whether its entries are all there. */
export interface StreamFacts {
  readonly head: KeyHead;
  readonly length: number;
  readonly lastId: string;
}

/** Answers that are flat lists of names and values. */
function fieldsOf(reply: Reply): Map<string, Reply> {
  const flat = asList(reply);
  return new Map(Array.from({ length: flat.length / 2 }, (_, i) => [asString(flat[i * 2]), flat[i * 2 + 1]]));
}

const knownNumber = (reply: Reply): number | undefined => {
  const number = asNumber(reply);
  return Number.isNaN(number) ? undefined : number;
};

/** The id that follows an id. */
export function idAfter(id: string): string {
  const [ms = '0', sequence = '0'] = id.split('-');
  return `${ms}-${BigInt(sequence) + 1n}`;
}

/** The stream's own facts, its groups and their consumers. */
export async function readStreamFacts(connection: Connection, facts: KeyFacts): Promise<StreamFacts> {
  const name = bytesOf(facts.key);
  const [info, groups] = await Promise.all([
    connection.ask('XINFO', 'STREAM', name),
    connection.ask('XINFO', 'GROUPS', name),
  ]);
  const stream = fieldsOf(info);
  const heads = await Promise.all(asList(groups).map((group) => readGroup(connection, name, group)));
  const lastId = asString(stream.get('last-generated-id'));
  const maxDeleted = stream.get('max-deleted-entry-id');
  return {
    length: asNumber(stream.get('length')),
    lastId,
    head: {
      ...facts,
      last_id: lastId,
      entries_added: knownNumber(stream.get('entries-added')),
      max_deleted_id: maxDeleted === undefined ? undefined : asString(maxDeleted),
      groups: heads.toSorted((one, other) => (shown(one.name) < shown(other.name) ? -1 : 1)),
    },
  };
}

async function readGroup(connection: Connection, key: string | Buffer, reply: Reply): Promise<GroupHead> {
  const group = fieldsOf(reply);
  const name = textOf(group.get('name'));
  const consumers = asList(await connection.ask('XINFO', 'CONSUMERS', key, bytesOf(name)));
  return {
    name,
    last_delivered_id: asString(group.get('last-delivered-id')),
    entries_read: knownNumber(group.get('entries-read')),
    consumers: consumers.map((consumer) => textOf(fieldsOf(consumer).get('name'))),
  };
}

/** Entries from one id to another, both included, in pages. */
export async function* readEntries(
  connection: Connection,
  key: Text,
  fromId: string,
  toId: string,
): AsyncGenerator<EntryItem[]> {
  for (let from = fromId; ; ) {
    const reply = await connection.ask('XRANGE', bytesOf(key), from, toId, 'COUNT', ITEMS_PER_LINE);
    const entries = asList(reply).map((entry): EntryItem => {
      const [id, fields] = asList(entry);
      return [asString(id), asList(fields).map(textOf)];
    });
    if (entries.length > 0) yield entries;
    const last = entries.at(-1);
    if (last === undefined || entries.length < ITEMS_PER_LINE) return;
    from = idAfter(last[0]);
  }
}

/** The id of the first entry there is. */
export async function readFirstId(connection: Connection, key: Text): Promise<string | undefined> {
  const [first] = asList(await connection.ask('XRANGE', bytesOf(key), '-', '+', 'COUNT', 1));
  return first === undefined ? undefined : asString(asList(first)[0]);
}

/** What consumers of a group have taken and not acknowledged, in pages. */
export async function* readPending(
  connection: Connection,
  key: Text,
  group: Text,
): AsyncGenerator<PendingEntry[]> {
  for (let from = '-'; ; ) {
    const [time, reply] = await Promise.all([
      connection.ask('TIME'),
      connection.ask('XPENDING', bytesOf(key), bytesOf(group), from, '+', ITEMS_PER_LINE),
    ]);
    const nowMs = asTimeMs(time);
    const entries = asList(reply).map((entry): PendingEntry => {
      const [id, consumer, idleMs, deliveries] = asList(entry);
      return [asString(id), textOf(consumer), nowMs - asNumber(idleMs), asNumber(deliveries)];
    });
    if (entries.length > 0) yield entries;
    const last = entries.at(-1);
    if (last === undefined || entries.length < ITEMS_PER_LINE) return;
    from = idAfter(last[0]);
  }
}
