import type { RetryBackoff } from '@nova-torch/protocol';

const JITTER = 0.2;

/**
 * Milliseconds to wait after the `failures`-th failed attempt (from 1): min(max_s, initial_s · factor^(n−1)), with
 * ±20 % of jitter so that tasks that failed together do not return together. `random` is in [0, 1).
 */
export function retryDelayMs(backoff: RetryBackoff, failures: number, random: number): number {
  const exact = Math.min(backoff.max_s, backoff.initial_s * backoff.factor ** Math.max(0, failures - 1));
  return Math.round(exact * 1000 * (1 - JITTER + 2 * JITTER * random));
}
