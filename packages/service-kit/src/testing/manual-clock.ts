import type { TimerClock } from '../clock.ts';

/** A clock that stands still until it is moved; timers ring in order while it moves. */
export interface ManualClock extends TimerClock {
  /** Moves the clock and rings what falls due on the way; between two rings pending promises get their turn. */
  advance(ms: number): Promise<void>;
  /** How many timers are set. */
  readonly pending: number;
}

interface Timer {
  dueMs: number;
  ring: () => void;
}

/** Makes a clock for tests that starts at `startMs`. */
export function manualClock(startMs = 1_700_000_000_000): ManualClock {
  let nowMs = startMs;
  const timers = new Set<Timer>();
  const firstDue = (untilMs: number): Timer | undefined =>
    [...timers].filter((timer) => timer.dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)[0];

  return {
    nowMs: () => nowMs,
    after(delayMs, ring) {
      const timer = { dueMs: nowMs + delayMs, ring };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      await turns();
      for (let timer = firstDue(untilMs); timer !== undefined; timer = firstDue(untilMs)) {
        timers.delete(timer);
        nowMs = Math.max(nowMs, timer.dueMs);
        timer.ring();
        await turns();
      }
      nowMs = untilMs;
      await turns();
    },
    get pending() {
      return timers.size;
    },
  };
}

/** Lets everything that is ready run: a turn of the event loop drains the promises before it. */
async function turns(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
