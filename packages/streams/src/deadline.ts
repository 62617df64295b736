/** A timer that fired later than this was held up by our own process: that time is not the broker's. */
const LATE_MS = 20;

/**
 * Calls `expire` once `ms` have passed, and returns what calls it off. When a long turn of the event loop held the
 * timer up, answers that came meanwhile lie unread, or the question itself was not yet written: then the broker is
 * given as long again as the process was away, once, `ms` at most. So `expire` comes no later than after twice `ms`
 * of a running event loop.
 */
export function setDeadline(ms: number, expire: () => void): () => void {
  let timer: NodeJS.Timeout;
  const dueAt = performance.now() + ms;
  const due = (): void => {
    const lateMs = performance.now() - dueAt;
    // A timer counts from the beginning of the turn that set it, so after a long turn it fires early.
    if (lateMs < -1) timer = setTimeout(due, -lateMs);
    else if (lateMs <= LATE_MS) expire();
    else timer = setTimeout(expire, Math.min(lateMs, ms));
  };
  timer = setTimeout(due, ms);
  return () => clearTimeout(timer);
}
