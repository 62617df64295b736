// The digest of what one key holds. It is the same for the same content on any server: it leaves out what a server keeps
// for itself (counters of a stream, times of deliveries), and hashes and sets are put in order before.
import { createHash, type Hash } from 'node:crypto';
import type { Item, KeyEnd, KeyHead, PendingEntry } from './format.ts';
import { shown, type Text } from './text.ts';

/** Takes a key part by part, in the order of the backup's lines, and tells its last line. */
export class KeyDigest {
  readonly #hash: Hash = createHash('sha256');
  #items = 0;
  #pending = 0;

  constructor({ type, last_id, groups = [] }: KeyHead) {
    const told = groups.map(
      ({ name, last_delivered_id, consumers }) =>
        [name, last_delivered_id, consumers.map(shown).toSorted()] as const,
    );
    told.sort(([one], [other]) => (shown(one) < shown(other) ? -1 : 1));
    this.#hash.update(JSON.stringify([type, last_id ?? null, told]));
  }

  /** Lines may cut the items of a key anywhere. */
  items(items: readonly Item[]): void {
    for (const item of items) this.#hash.update(`${JSON.stringify(item)}\n`);
    this.#items += items.length;
  }

  pending(group: Text, entries: readonly PendingEntry[]): void {
    for (const [id, consumer, , deliveries] of entries)
      this.#hash.update(`${JSON.stringify([group, id, consumer, deliveries])}\n`);
    this.#pending += entries.length;
  }

  end(): KeyEnd {
    return { items: this.#items, pending: this.#pending, sha256: this.#hash.digest('hex') };
  }
}
