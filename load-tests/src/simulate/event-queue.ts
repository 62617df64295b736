/** What is to happen, by time; of one time in the order it was added. A binary heap. */
export class EventQueue<T> {
  readonly #heap: { readonly atMs: number; readonly order: number; readonly event: T }[] = [];
  #added = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** When the next is; infinity when there is none. */
  get nextMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  add(atMs: number, event: T): void {
    const heap = this.#heap;
    const one = { atMs, order: this.#added, event };
    this.#added += 1;
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const other = heap[above];
      if (other === undefined || !goesBefore(one, other)) break;
      heap[at] = other;
      at = above;
    }
    heap[at] = one;
  }

  take(): T | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first?.event;
    let at = 0;
    for (;;) {
      const left = heap[2 * at + 1];
      const right = heap[2 * at + 2];
      const below = right !== undefined && left !== undefined && goesBefore(right, left) ? right : left;
      if (below === undefined || goesBefore(last, below)) break;
      heap[at] = below;
      at = below === left ? 2 * at + 1 : 2 * at + 2;
    }
    heap[at] = last;
    return first.event;
  }
}

interface Placed {
  readonly atMs: number;
  readonly order: number;
}

const goesBefore = (a: Placed, b: Placed): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
