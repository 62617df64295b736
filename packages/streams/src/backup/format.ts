// The file of a backup: gzip of lines of JSON. A header, then the keys one after the other, then a trailer with the counts
// and the SHA-256 of all lines before it.
//
//     {"nova_torch_backup":1, …}
//     {"key":"{nova.torch}.tasks.queue","type":"stream","last_id":"7-1","groups":[…]}
//     {"pending":["task-router",[["7-1","task-router-1",1700000000000,1], …]]}
//     {"items":[["7-1",["m","…"]], …]}              as many lines as it takes
//     {"end":{"items":1,"pending":1,"sha256":"…"}}
//     {"trailer":{"keys":1, …,"sha256":"…"}}
//
// Nothing in it depends on the kind of broker it came from.
import type { Text } from './text.ts';

export const FORMAT_VERSION = 1;
/** Items of a key in one line, at most. */
export const ITEMS_PER_LINE = 500;

export const KEY_TYPES = ['string', 'hash', 'set', 'zset', 'list', 'stream'] as const;
export type KeyType = (typeof KEY_TYPES)[number];

/** The first line. */
export interface Header {
  readonly nova_torch_backup: number;
  readonly id: string;
  /** What it is a picture of: the server's clock, Unix ms, at the moment nothing was written. */
  readonly taken_at_ms: number;
  readonly source: { readonly kind: string; readonly version: string };
  /** What its keys begin with: it holds every key that begins with one of these. */
  readonly prefixes: readonly string[];
}

/** One consumer group of a stream. */
export interface GroupHead {
  readonly name: Text;
  readonly last_delivered_id: string;
  /** How many entries it has read, where the server knows. */
  readonly entries_read?: number | undefined;
  readonly consumers: readonly Text[];
}

/** The first line of a key. What only streams have is absent for the others. */
export interface KeyHead {
  readonly key: Text;
  readonly type: KeyType;
  /** When it goes away, Unix ms by the server's clock. */
  readonly expires_at_ms?: number | undefined;
  readonly last_id?: string | undefined;
  readonly entries_added?: number | undefined;
  readonly max_deleted_id?: string | undefined;
  readonly groups?: readonly GroupHead[] | undefined;
}

/**
 * One part of a key: `value` of a string, `[field, value]` of a hash, a member, `[member, score]`, an element, or
 * `[id, [field, value, …]]` of a stream. A score is text, as the server writes it.
 */
export type Item = Text | readonly [Text, Text] | readonly [string, readonly Text[]];

/** An entry that a consumer has taken and not acknowledged: its id, the consumer, when (Unix ms), how often. */
export type PendingEntry = readonly [id: string, consumer: Text, deliveredAtMs: number, deliveries: number];

/** The last line of a key. */
export interface KeyEnd {
  readonly items: number;
  readonly pending: number;
  /** Of what the key holds, the same whichever server it stands on (digest.ts). */
  readonly sha256: string;
}

/** The counts of a whole backup. */
export interface Counts {
  readonly keys: number;
  readonly items: number;
  readonly pending: number;
  readonly by_type: Readonly<Record<string, number>>;
}

/** The last line. */
export interface Trailer extends Counts {
  /** Of the bytes of all lines before this one. */
  readonly sha256: string;
}

export type Line =
  | Header
  | KeyHead
  | { readonly items: readonly Item[] }
  | { readonly pending: readonly [group: Text, entries: readonly PendingEntry[]] }
  | { readonly end: KeyEnd }
  | { readonly trailer: Trailer };

/** A line as it stands in the file, with its end. */
export const encodeLine = (line: Line): string => `${JSON.stringify(line)}\n`;

/** A backup that cannot be read, or is not what it says. */
export class BackupDamagedError extends Error {
  override readonly name = 'BackupDamagedError';
}

/** A backup that could not be made or restored for a reason a person can mend; the message says which. */
export class BackupRefusedError extends Error {
  override readonly name = 'BackupRefusedError';
}
