import { NovaApiError } from './errors.ts';

/** How often and how long a call is tried again. */
export interface RetryPolicy {
  /** Tries in all. */
  attemptsMax: number;
  /** Mean of the first pause in ms; it doubles with every try. */
  pauseMs: number;
  /** A pause is never longer, in ms. */
  pauseMsMax: number;
}

export const DEFAULT_RETRIES: RetryPolicy = { attemptsMax: 4, pauseMs: 100, pauseMsMax: 2_000 };

/**
 * Whether a call that failed may be made again. OVERLOADED was refused before anything was done, and what was never sent
 * did nothing; everything else that may pass leaves open whether it was done, so only a call that is safe to repeat is
 * repeated.
 */
export function mayRetry(error: NovaApiError, safe: boolean): boolean {
  if (error.code === 'OVERLOADED' || error.isUnsent) return true;
  return safe && (error.retryable || error.status === 0);
}

/** The pause before try `attempt + 1`, in ms: doubled each time, then anything from half to one and a half of it. */
export function pauseBefore(attempt: number, policy: RetryPolicy, random: number): number {
  const mean = Math.min(policy.pauseMsMax, policy.pauseMs * 2 ** (attempt - 1));
  return Math.round(mean * (0.5 + random));
}

/** Calls until it works, until it may not be tried again, or until `deadlineMs` (performance.now()) would pass. */
export async function withRetries<T>(
  call: () => Promise<T>,
  options: { safe: boolean; policy: RetryPolicy; deadlineMs: number; signal: AbortSignal | undefined },
): Promise<T> {
  const { safe, policy, deadlineMs, signal } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof NovaApiError) || !mayRetry(error, safe)) throw error;
      const ownMs = pauseBefore(attempt, policy, Math.random());
      // Sooner than it says an overloaded gateway only refuses once more.
      const pauseMs = error.code === 'OVERLOADED' ? Math.max(ownMs, error.retryAfterMs ?? 0) : ownMs;
      if (attempt >= policy.attemptsMax || performance.now() + pauseMs >= deadlineMs) throw error;
      await pause(pauseMs, signal);
      // It may have taken longer than it was to.
      if (performance.now() >= deadlineMs) throw error;
    }
  }
}

/** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
  });
}
