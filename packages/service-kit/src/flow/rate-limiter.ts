/** How much one sender may do: so many at once, and so many a second over time. */
export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

/** The verdict about one thing; `retryAfterMs` is when it would be let through. */
export type RateVerdict = { readonly ok: true } | { readonly ok: false; readonly retryAfterMs: number };

/** Bounds what each of many senders may do. */
export interface RateLimiter {
  /** Takes one of what `sender` has left at `nowMs` (a clock that never goes back far), or says when there will be one. */
  take(sender: string, nowMs: number, limit: RateLimit): RateVerdict;
  /** Senders remembered now. */
  readonly senders: number;
}

interface Bucket {
  left: number;
  atMs: number;
}

/**
 * A bucket of tokens per sender, filled `perSecond` up to `burst`. At most `sendersMax` are remembered: beyond, the one
 * that was silent for longest is forgotten, whose bucket is the likeliest to be full again.
 */
export function createRateLimiter(sendersMax = 10_000): RateLimiter {
  const buckets = new Map<string, Bucket>();
  return {
    get senders() {
      return buckets.size;
    },
    take(sender, nowMs, { perSecond, burst }) {
      const known = buckets.get(sender);
      const elapsedMs = known === undefined ? 0 : Math.max(0, nowMs - known.atMs);
      const left = known === undefined ? burst : Math.min(burst, known.left + (elapsedMs * perSecond) / 1000);
      const ok = left >= 1;
      // Put last: the map's order is that of the last use.
      buckets.delete(sender);
      buckets.set(sender, { left: ok ? left - 1 : left, atMs: Math.max(nowMs, known?.atMs ?? nowMs) });
      if (buckets.size > sendersMax) {
        const [oldest] = buckets.keys();
        if (oldest !== undefined) buckets.delete(oldest);
      }
      return ok ? { ok } : { ok, retryAfterMs: Math.max(1, Math.round(((1 - left) * 1000) / perSecond)) };
    },
  };
}
