import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { errorText } from '../errors.ts';
import { KeyDigest } from './digest.ts';
import {
  BackupDamagedError,
  FORMAT_VERSION,
  type Header,
  type Item,
  type KeyEnd,
  type KeyHead,
  type Line,
  type PendingEntry,
  type Trailer,
} from './format.ts';
import { shown, type Text } from './text.ts';

/** Gets a backup key by key, each part when it is read. */
export interface BackupVisitor {
  header?(header: Header): Promise<void> | void;
  begin?(head: KeyHead): Promise<void> | void;
  pending?(head: KeyHead, group: Text, entries: readonly PendingEntry[]): Promise<void> | void;
  items?(head: KeyHead, items: readonly Item[]): Promise<void> | void;
  end?(head: KeyHead, end: KeyEnd): Promise<void> | void;
}

const LINE_BYTES_MAX = 512 * 1024 * 1024;
const NEWLINE = 10;

/**
 * Reads a backup to its end and compares every count and checksum. Rejects with BackupDamagedError, saying where, if one does
 * not fit; what the visitor got until then may be damaged.
 */
export async function readBackup(
  path: string,
  visitor: BackupVisitor = {},
): Promise<{ header: Header; trailer: Trailer }> {
  const walk = new Walk(path, visitor);
  try {
    await pipeline(createReadStream(path), createGunzip(), async (source: AsyncIterable<Buffer>) => {
      for await (const line of linesOf(source, path)) await walk.line(line);
    });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (!code.startsWith('Z_') && !/unexpected end of file/.test(errorText(error))) throw error;
    throw new BackupDamagedError(`${path} cannot be unpacked: ${errorText(error)}`, { cause: error });
  }
  return walk.finish();
}

async function* linesOf(source: AsyncIterable<Buffer>, path: string): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      const piece = chunk.subarray(from, at + 1);
      yield waiting.length === 0 ? piece : Buffer.concat([...waiting, piece]);
      waiting = [];
      bytes = 0;
      from = at + 1;
    }
    if (from < chunk.length) waiting.push(chunk.subarray(from));
    bytes += chunk.length - from;
    if (bytes > LINE_BYTES_MAX)
      throw new BackupDamagedError(`${path} has a line over ${LINE_BYTES_MAX} bytes`);
  }
  if (waiting.length > 0) throw new BackupDamagedError(`${path} ends in the middle of a line`);
}

class Walk {
  readonly #path: string;
  readonly #visitor: BackupVisitor;
  readonly #hash = createHash('sha256');
  readonly #counts = { keys: 0, items: 0, pending: 0, by_type: {} as Record<string, number> };
  #number = 0;
  #header: Header | undefined;
  #trailer: Trailer | undefined;
  #current: { head: KeyHead; digest: KeyDigest } | undefined;

  constructor(path: string, visitor: BackupVisitor) {
    this.#path = path;
    this.#visitor = visitor;
  }

  async line(bytes: Buffer): Promise<void> {
    this.#number += 1;
    const line = this.#parse(bytes);
    if (this.#trailer) throw this.#damaged('something stands behind the end');
    if ('trailer' in line) {
      this.#trailer = line.trailer;
      return;
    }
    this.#hash.update(bytes);
    try {
      await this.#take(line);
    } catch (error) {
      // A line of another shape than it should have.
      throw error instanceof TypeError ? this.#damaged('it is not a line of a backup') : error;
    }
  }

  async #take(line: Exclude<Line, { trailer: Trailer }>): Promise<void> {
    if ('nova_torch_backup' in line) await this.#takeHeader(line);
    else if (this.#header === undefined) throw this.#damaged('it does not begin like a backup');
    else if ('key' in line) await this.#takeHead(line);
    else await this.#takePart(line);
  }

  finish(): { header: Header; trailer: Trailer } {
    if (this.#header === undefined) throw this.#damaged('it does not begin like a backup');
    if (this.#trailer === undefined) throw this.#damaged('its end is missing');
    const { sha256, ...counts } = this.#trailer;
    if (sha256 !== this.#hash.digest('hex')) throw this.#damaged('its checksum does not fit');
    for (const what of ['keys', 'items', 'pending'] as const) {
      if (counts[what] !== this.#counts[what])
        throw this.#damaged(`it holds ${this.#counts[what]} ${what} and tells of ${counts[what]}`);
    }
    return { header: this.#header, trailer: this.#trailer };
  }

  async #takeHeader(header: Header): Promise<void> {
    if (this.#header) throw this.#damaged('a second beginning');
    if (header.nova_torch_backup !== FORMAT_VERSION) {
      throw new BackupDamagedError(
        `${this.#path} has format ${header.nova_torch_backup}; this version reads format ${FORMAT_VERSION}`,
      );
    }
    this.#header = header;
    await this.#visitor.header?.(header);
  }

  async #takeHead(head: KeyHead): Promise<void> {
    if (this.#current) throw this.#damaged(`${shown(this.#current.head.key)} has no end`);
    this.#current = { head, digest: new KeyDigest(head) };
    await this.#visitor.begin?.(head);
  }

  async #takePart(line: Exclude<Line, Header | KeyHead | { trailer: Trailer }>): Promise<void> {
    if (this.#current === undefined) throw this.#damaged('a part of no key');
    const { head, digest } = this.#current;
    if ('items' in line) {
      digest.items(line.items);
      await this.#visitor.items?.(head, line.items);
    } else if ('pending' in line) {
      digest.pending(...line.pending);
      await this.#visitor.pending?.(head, ...line.pending);
    } else {
      const own = digest.end();
      if (own.sha256 !== line.end.sha256 || own.items !== line.end.items || own.pending !== line.end.pending)
        throw this.#damaged(`${shown(head.key)} is not what was written`);
      this.#count(head, own);
      this.#current = undefined;
      await this.#visitor.end?.(head, own);
    }
  }

  #count({ type }: KeyHead, { items, pending }: KeyEnd): void {
    this.#counts.keys += 1;
    this.#counts.items += items;
    this.#counts.pending += pending;
    this.#counts.by_type[type] = (this.#counts.by_type[type] ?? 0) + 1;
  }

  #parse(bytes: Buffer): Line {
    try {
      const value: unknown = JSON.parse(bytes.toString('utf8'));
      if (typeof value === 'object' && value !== null) return value as Line;
    } catch {
      // Said below.
    }
    throw this.#damaged('it is not a line of a backup');
  }

  #damaged(what: string): BackupDamagedError {
    return new BackupDamagedError(`${this.#path}, line ${this.#number}: ${what}`);
  }
}
