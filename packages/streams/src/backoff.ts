/** How long to wait before an attempt, in ms. */
export interface Backoff {
  /** `attempt` is the number of the attempt that failed, from 1; `random` is in [0, 1). */
  delayMs(attempt: number, random: number): number;
}

export interface ExponentialBackoffOptions {
  readonly baseMs?: number | undefined;
  readonly maxMs?: number | undefined;
  readonly factor?: number | undefined;
}

/**
 * `baseMs * factor^(attempt - 1)`, at most `maxMs`, of which the upper half is drawn by chance: attempts that failed
 * together do not come back together. Defaults: 200 ms, doubled, at most 30 s.
 */
export function exponentialBackoff(options: ExponentialBackoffOptions = {}): Backoff {
  const { baseMs = 200, maxMs = 30_000, factor = 2 } = options;
  return {
    delayMs(attempt, random) {
      const full = Math.min(maxMs, baseMs * factor ** Math.max(0, attempt - 1));
      return Math.round(full / 2 + (full / 2) * random);
    },
  };
}
