import type { Stretch } from './recovery.ts';

const TICK_MS = 20;
/** A tick that comes so much late was held up. */
const LATE_MS = 30;

/** Unix ms with fractions, alike in all processes of a machine. */
export const nowMs = (): number => performance.timeOrigin + performance.now();

export interface HeldUp {
  /** When this process did not get to run, newest last. */
  readonly stretches: Stretch[];
  /** How much of a stretch of performance.now() that was. */
  within(from: number, to: number): number;
  stop(): void;
}

/** Watches when this process is kept from running: by a long turn of its own, or by the machine. */
export function watchHeldUp(): HeldUp {
  const stretches: Stretch[] = [];
  let dueAt = nowMs() + TICK_MS;
  const timer = setInterval(() => {
    const at = nowMs();
    if (at - dueAt > LATE_MS) stretches.push({ fromMs: dueAt, toMs: at });
    dueAt = at + TICK_MS;
  }, TICK_MS);
  return {
    stretches,
    within(from, to) {
      const { timeOrigin } = performance;
      // A stretch that has not ended yet is known by the tick that is due.
      const open = { fromMs: dueAt, toMs: Math.max(dueAt, nowMs()) };
      let sum = 0;
      for (const { fromMs, toMs } of [...stretches.slice(-64), open]) {
        sum += Math.max(0, Math.min(to + timeOrigin, toMs) - Math.max(from + timeOrigin, fromMs));
      }
      return sum;
    },
    stop: () => clearInterval(timer),
  };
}
