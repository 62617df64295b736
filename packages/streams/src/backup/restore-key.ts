// Writes one key as the lines of a backup tell it.

import { compareEntryIds, FIRST_ID } from '../entry-id.ts';
import { BrokerReplyError } from '../errors.ts';
import type { Arg } from '../replies.ts';
import type { Connection } from './connection.ts';
import type { GroupHead, Item, KeyHead, PendingEntry } from './format.ts';
import type { EntryItem } from './read-stream.ts';
import { bytesOf, type Text } from './text.ts';

type Sent = Arg | Buffer;

const COMMANDS_IN_FLIGHT = 1000;

/** Sends commands in order and waits for their answers some at a time. */
export class CommandFlow {
  readonly #connection: Connection;
  #inFlight: Promise<unknown>[] = [];

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async send(command: string, ...args: Sent[]): Promise<void> {
    const answer = this.#connection.ask(command, ...args);
    answer.catch(() => undefined);
    this.#inFlight.push(answer);
    if (this.#inFlight.length >= COMMANDS_IN_FLIGHT) await this.settle();
  }

  /** Rejects with the first error of what was sent. */
  async settle(): Promise<void> {
    const waiting = this.#inFlight;
    this.#inFlight = [];
    await Promise.all(waiting);
  }

  /** Sends the first form the server takes. What was sent before is settled. */
  async sendEither(full: readonly [string, ...Sent[]], plain: readonly [string, ...Sent[]]): Promise<void> {
    await this.settle();
    try {
      await this.#connection.ask(...full);
    } catch (error) {
      if (!(error instanceof BrokerReplyError)) throw error;
      await this.#connection.ask(...plain);
    }
  }
}

/** Parts of a plain key go out as they come. */
export async function restoreItems(
  flow: CommandFlow,
  { key, type }: KeyHead,
  items: readonly Item[],
): Promise<void> {
  const name = bytesOf(key);
  if (type === 'string') {
    for (const item of items) await flow.send('SET', name, bytesOf(item as Text));
  } else if (type === 'hash') {
    await flow.send(
      'HSET',
      name,
      ...(items as [Text, Text][]).flatMap(([field, value]) => [bytesOf(field), bytesOf(value)]),
    );
  } else if (type === 'zset') {
    await flow.send(
      'ZADD',
      name,
      ...(items as [Text, Text][]).flatMap(([member, score]) => [bytesOf(score), bytesOf(member)]),
    );
  } else {
    const command = type === 'set' ? 'SADD' : 'RPUSH';
    await flow.send(command, name, ...(items as Text[]).map(bytesOf));
  }
}

/**
 * A stream: its pending entries come first, then its entries, then `finish`. An entry that is pending but was deleted from the
 * stream is added, claimed and deleted again: servers let nobody claim what was never there.
 */
export class StreamRestore {
  readonly #flow: CommandFlow;
  readonly #head: KeyHead;
  readonly #key: string | Buffer;
  readonly #pending: { group: Text; entry: PendingEntry }[] = [];
  readonly #ghosts: string[] = [];
  #pendingIds: string[] | undefined;
  #at = 0;
  #added = 0;

  constructor(flow: CommandFlow, head: KeyHead) {
    this.#flow = flow;
    this.#head = head;
    this.#key = bytesOf(head.key);
  }

  pending(group: Text, entries: readonly PendingEntry[]): void {
    for (const entry of entries) this.#pending.push({ group, entry });
  }

  async entries(entries: readonly EntryItem[]): Promise<void> {
    for (const [id, fields] of entries) {
      await this.#addGhostsBefore(id);
      await this.#flow.send('XADD', this.#key, id, ...fields.map(bytesOf));
      this.#added += 1;
    }
  }

  async finish(): Promise<void> {
    await this.#addGhostsBefore(undefined);
    const { groups = [], last_id: lastId = FIRST_ID } = this.#head;
    if (this.#added + this.#ghosts.length === 0) await this.#makeEmpty();
    for (const group of groups) await this.#makeGroup(group);
    for (const { group, entry } of this.#pending) await this.#claim(group, entry);
    for (const id of this.#ghosts) await this.#flow.send('XDEL', this.#key, id);
    await this.#setLastId(lastId);
  }

  /** Adds deleted entries that are still pending and stand before an id, or all that are left. */
  async #addGhostsBefore(id: string | undefined): Promise<void> {
    this.#pendingIds ??= [...new Set(this.#pending.map(({ entry }) => entry[0]))].toSorted(compareEntryIds);
    for (let next = this.#pendingIds[this.#at]; next !== undefined; next = this.#pendingIds[this.#at]) {
      const order = id === undefined ? -1 : compareEntryIds(next, id);
      if (order > 0) return;
      this.#at += 1;
      if (order === 0) return;
      this.#ghosts.push(next);
      await this.#flow.send('XADD', this.#key, next, 'deleted', '');
    }
  }

  /** A stream nobody has written to, or all of which was trimmed. */
  async #makeEmpty(): Promise<void> {
    const passing = 'backup-restore';
    await this.#flow.send('XGROUP', 'CREATE', this.#key, passing, 0, 'MKSTREAM');
    await this.#flow.send('XGROUP', 'DESTROY', this.#key, passing);
  }

  async #makeGroup({ name, last_delivered_id: id, entries_read: read, consumers }: GroupHead): Promise<void> {
    const plain = ['XGROUP', 'CREATE', this.#key, bytesOf(name), id] as const;
    if (read === undefined) await this.#flow.send(...plain);
    else await this.#flow.sendEither([...plain, 'ENTRIESREAD', read], plain);
    for (const consumer of consumers)
      await this.#flow.send('XGROUP', 'CREATECONSUMER', this.#key, bytesOf(name), bytesOf(consumer));
  }

  #claim(group: Text, [id, consumer, atMs, deliveries]: PendingEntry): Promise<void> {
    const who = [bytesOf(group), bytesOf(consumer)] as const;
    const how = ['TIME', atMs, 'RETRYCOUNT', deliveries, 'FORCE', 'JUSTID'] as const;
    return this.#flow.send('XCLAIM', this.#key, ...who, 0, id, ...how);
  }

  async #setLastId(lastId: string): Promise<void> {
    const { entries_added: added, max_deleted_id: deleted } = this.#head;
    const plain = ['XSETID', this.#key, lastId] as const;
    if (added === undefined || deleted === undefined) await this.#flow.send(...plain);
    else await this.#flow.sendEither([...plain, 'ENTRIESADDED', added, 'MAXDELETEDID', deleted], plain);
  }
}
