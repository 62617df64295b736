import { FIRST_ID } from '../entry-id.ts';
import type { Connection } from './connection.ts';
import { KeyDigest } from './digest.ts';
import type { KeyEnd, KeyHead } from './format.ts';
import { readFacts, readPlainKey } from './read-key.ts';
import { readEntries, readPending, readStreamFacts } from './read-stream.ts';
import { shown } from './text.ts';

/** Servers round the moment a key goes away. */
const EXPIRY_TOLERANCE_MS = 1000;

/** Compares a key of a server with what a backup says of it. Resolves with what is different, or undefined. */
export async function compareKey(
  connection: Connection,
  head: KeyHead,
  end: KeyEnd,
): Promise<string | undefined> {
  const name = shown(head.key);
  const facts = await readFacts(connection, head.key);
  if (facts === undefined) return `${name} is missing`;
  if (facts.type !== head.type) return `${name} is a ${facts.type}, not a ${head.type}`;
  const [is, should] = [facts.expires_at_ms, head.expires_at_ms];
  const expiresAlike =
    is === undefined || should === undefined ? is === should : Math.abs(is - should) <= EXPIRY_TOLERANCE_MS;
  if (!expiresAlike) return `${name} goes away at another time`;
  const found = await digestKey(connection, head);
  if (found.items !== end.items) return `${name} has ${found.items} items, not ${end.items}`;
  if (found.pending !== end.pending)
    return `${name} has ${found.pending} pending entries, not ${end.pending}`;
  return found.sha256 === end.sha256 ? undefined : `${name} has another content`;
}

async function digestKey(connection: Connection, { key, type }: KeyHead): Promise<KeyEnd> {
  if (type !== 'stream') {
    const digest = new KeyDigest({ key, type });
    for await (const line of readPlainKey(connection, { key, type }))
      if ('items' in line) digest.items(line.items);
    return digest.end();
  }
  const { head, lastId } = await readStreamFacts(connection, { key, type });
  const digest = new KeyDigest(head);
  for (const { name } of head.groups ?? []) {
    for await (const entries of readPending(connection, key, name)) digest.pending(name, entries);
  }
  for await (const entries of readEntries(connection, key, FIRST_ID, lastId)) digest.items(entries);
  return digest.end();
}
