import type { Waiter } from '@nova-torch/task-router';

/** The whole waiting lines, of which the router knows only the beginnings: what the broker's sorted sets are to it. */
export class StoredLines {
  readonly #lines = new Map<string, Waiter[]>();

  add(line: string, waiter: Waiter): void {
    const waiters = this.#lines.get(line) ?? [];
    if (waiters.length === 0) this.#lines.set(line, waiters);
    waiters.splice(placeOf(waiters, waiter), 0, waiter);
  }

  remove(line: string, waiter: Waiter): void {
    const waiters = this.#lines.get(line);
    const at = waiters === undefined ? -1 : placeOf(waiters, waiter);
    if (waiters?.[at]?.taskId !== waiter.taskId) throw new Error(`${waiter.taskId} does not wait in ${line}`);
    waiters.splice(at, 1);
    if (waiters.length === 0) this.#lines.delete(line);
  }

  first(line: string, count: number): readonly Waiter[] {
    return this.#lines.get(line)?.slice(0, count) ?? [];
  }

  sizeOf(line: string): number {
    return this.#lines.get(line)?.length ?? 0;
  }
}

function placeOf(waiters: readonly Waiter[], { score, taskId }: Waiter): number {
  let [low, high] = [0, waiters.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = waiters[middle];
    if (other !== undefined && (other.score < score || (other.score === score && other.taskId < taskId)))
      low = middle + 1;
    else high = middle;
  }
  return low;
}
