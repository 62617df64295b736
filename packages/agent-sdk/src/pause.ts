export interface BackoffPolicy {
  /** Delay after the first failure, in ms. */
  readonly firstMs: number;
  /** No delay is longer, in ms. */
  readonly maxMs: number;
}

/** Delay before try n + 1, n failures so far (n >= 1): doubles from firstMs to maxMs, the upper half of it random. */
export function backoffMs(failures: number, { firstMs, maxMs }: BackoffPolicy, random = Math.random): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return full / 2 + (full / 2) * random();
}

/** Resolves after `ms`, or at once when the signal is aborted. Never rejects. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** Resolves when `done` has settled, or after `ms`. Never rejects. */
export async function within(done: Promise<unknown>, ms: number, signal?: AbortSignal): Promise<void> {
  const settled = new AbortController();
  const either = signal ? AbortSignal.any([settled.signal, signal]) : settled.signal;
  const end = (): void => settled.abort();
  done.then(end, end);
  await pause(ms, either);
}
