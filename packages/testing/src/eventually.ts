import { setTimeout as delay } from 'node:timers/promises';

export interface EventuallyOptions {
  /** How long to go on asking. Default 20,000 ms: what waits that long has failed, what takes shorter is a slow machine. */
  timeoutMs?: number;
  /** The pause between two probes. Default 10 ms. */
  everyMs?: number;
  /** What is waited for, for the error's text. */
  what?: string;
}

/**
 * Calls `probe` until it neither throws nor returns `false`, and resolves with what it returned. Assertions inside the
 * probe are fine. Rejects after `timeoutMs` with the last error as its cause.
 */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  { timeoutMs = 20_000, everyMs = 10, what = 'the condition' }: EventuallyOptions = {},
): Promise<Exclude<T, false>> {
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== false) return value as Exclude<T, false>;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() >= deadline) break;
    await delay(everyMs);
  }
  const reason = lastError instanceof Error ? `: ${lastError.message}` : '';
  throw new Error(`${what} did not come true within ${timeoutMs} ms${reason}`, { cause: lastError });
}
