// What has been read of each key, and where in the spool it stands.
import { compareEntryIds, FIRST_ID } from '../entry-id.ts';
import type { Connection } from './connection.ts';
import { encodeLine, type Line } from './format.ts';
import { KeyMovedError, readFacts, readPlainKey, steady } from './read-key.ts';
import {
  type EntryItem,
  idAfter,
  readEntries,
  readFirstId,
  readPending,
  readStreamFacts,
  type StreamFacts,
} from './read-stream.ts';
import type { Range, Spool } from './spool.ts';
import { shown, type Text } from './text.ts';

/** Entries of a stream that stand together. */
interface EntryPart {
  readonly range: Range;
  readonly firstId: string;
  readonly lastId: string;
  readonly count: number;
}

/** The lines of a key, in order. Entries of a stream are kept over readings: they never change, they come and go. */
interface Section {
  readonly before: readonly Range[];
  readonly entries: readonly EntryPart[];
}

const KEYS_AT_ONCE = 128;
const PART_BYTES = 256 * 1024;

/** Holds the last reading of each key. It needs a few hundred bytes of memory a key; what was read is in the spool. */
export class KeyIndex {
  readonly #connection: Connection;
  readonly #spool: Spool;
  readonly #sections = new Map<string, Section>();

  constructor(connection: Connection, spool: Spool) {
    this.#connection = connection;
    this.#spool = spool;
  }

  get size(): number {
    return this.#sections.size;
  }

  /**
   * Reads keys, those read before again. While nothing is written, `still` makes sure that each comes out as it stands, and
   * throws KeyMovedError if one does not; else what comes out torn must be read again.
   */
  async read(keys: Iterable<Text>, { still }: { still: boolean }): Promise<void> {
    const rest = keys[Symbol.iterator]();
    const work = async (): Promise<void> => {
      for (let next = rest.next(); !next.done; next = rest.next()) {
        try {
          await steady(this.#readKey(next.value, still));
        } catch (error) {
          if (still || !(error instanceof KeyMovedError)) throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: KEYS_AT_ONCE }, work));
  }

  /** Drops what is not among `keys`. */
  keepOnly(keys: Iterable<Text>): void {
    const living = new Set(Array.from(keys, shown));
    for (const key of this.#sections.keys()) if (!living.has(key)) this.#sections.delete(key);
  }

  /** The lines of each key, as text, a few at a time. */
  async *texts(): AsyncGenerator<AsyncIterable<string>> {
    await this.#spool.flush();
    for (const section of this.#sections.values()) yield this.#textsOf(section);
  }

  async *#textsOf({ before, entries }: Section): AsyncGenerator<string> {
    for (const range of before) yield await this.#spool.read(range);
    for (const { range } of entries) yield await this.#spool.read(range);
  }

  async #readKey(key: Text, still: boolean): Promise<void> {
    const facts = await readFacts(this.#connection, key);
    const name = shown(key);
    if (facts === undefined) {
      this.#sections.delete(name);
      return;
    }
    const section =
      facts.type === 'stream'
        ? await this.#readStream(await readStreamFacts(this.#connection, facts), still)
        : { before: await this.#keep(readPlainKey(this.#connection, facts)), entries: [] };
    // Taken out first: the order of the map stays the order of the spool, and is read from one end to the other.
    this.#sections.delete(name);
    this.#sections.set(name, section);
  }

  async #readStream(facts: StreamFacts, still: boolean): Promise<Section> {
    const { head } = facts;
    const before = await this.#keep(linesBefore(this.#connection, facts));
    const known = this.#sections.get(shown(head.key))?.entries ?? [];
    const entries = await this.#extend(known, facts);
    if (!still) return { before, entries };
    const living = await this.#withoutTrimmed(entries, head.key);
    if (countOf(living) === facts.length) return { before, entries: living };
    // Entries were deleted among others, or it is another stream by the same name.
    const all = await this.#extend([], facts);
    if (countOf(all) !== facts.length) throw new KeyMovedError(`${shown(head.key)} changes`);
    return { before, entries: all };
  }

  async #extend(known: readonly EntryPart[], { head, lastId }: StreamFacts): Promise<EntryPart[]> {
    const knownLast = known.at(-1)?.lastId;
    const goesOn = knownLast !== undefined && compareEntryIds(knownLast, lastId) <= 0;
    const parts = goesOn ? [...known] : [];
    const from = goesOn ? idAfter(knownLast) : FIRST_ID;
    for await (const entries of readEntries(this.#connection, head.key, from, lastId)) {
      parts.push(await this.#keepEntries(entries));
    }
    return parts;
  }

  /** Without what was trimmed at the beginning since it was read. */
  async #withoutTrimmed(parts: readonly EntryPart[], key: Text): Promise<EntryPart[]> {
    const firstId = await readFirstId(this.#connection, key);
    if (firstId === undefined) return [];
    const living = parts.filter(({ lastId }) => compareEntryIds(lastId, firstId) >= 0);
    const [first, ...others] = living;
    if (first === undefined || compareEntryIds(first.firstId, firstId) >= 0) return living;
    await this.#spool.flush();
    const { items } = JSON.parse(await this.#spool.read(first.range)) as { items: EntryItem[] };
    const left = items.filter(([id]) => compareEntryIds(id, firstId) >= 0);
    return left.length === 0 ? others : [await this.#keepEntries(left), ...others];
  }

  async #keepEntries(entries: readonly EntryItem[]): Promise<EntryPart> {
    const { range, room } = this.#spool.append(encodeLine({ items: entries }));
    await room;
    const [first, last] = [entries[0]?.[0] ?? FIRST_ID, entries.at(-1)?.[0] ?? FIRST_ID];
    return { range, firstId: first, lastId: last, count: entries.length };
  }

  /** Puts lines into the spool: one range for a small key. */
  async #keep(lines: AsyncIterable<Line>): Promise<Range[]> {
    const ranges: Range[] = [];
    let text = '';
    const put = async (): Promise<void> => {
      const { range, room } = this.#spool.append(text);
      text = '';
      ranges.push(range);
      await room;
    };
    for await (const line of lines) {
      text += encodeLine(line);
      if (text.length >= PART_BYTES) await put();
    }
    if (text !== '') await put();
    return ranges;
  }
}

async function* linesBefore(connection: Connection, { head }: StreamFacts): AsyncGenerator<Line> {
  yield head;
  for (const { name } of head.groups ?? []) {
    for await (const entries of readPending(connection, head.key, name)) yield { pending: [name, entries] };
  }
}

const countOf = (parts: readonly EntryPart[]): number => parts.reduce((sum, { count }) => sum + count, 0);
