/** Tells the time. Injected wherever time matters, so that tests move it by hand. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  nowMs(): number;
}

/** A clock that can also ring. */
export interface TimerClock extends Clock {
  /** Calls `ring` once after the delay; the returned function cancels it. */
  after(delayMs: number, ring: () => void): () => void;
}

/** The machine's own clock. Its timers do not keep the process alive: signals and servers do. */
export const systemClock: TimerClock = {
  nowMs: () => Date.now(),
  after(delayMs, ring) {
    const timer = setTimeout(ring, delayMs);
    return () => clearTimeout(timer);
  },
};
