import { setTimeout as delay } from 'node:timers/promises';
import { askBroker } from '@nova-torch/cli/own-broker';
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

const PROBE_EVERY_MS = 50;
/** A write that takes longer than this, past the faults, is the server's or the disk's doing. */
const SLOW_MS = 50;
const PROBE_DEADLINE_MS = 10_000;

/** Watches when the server does not take a write: because it is gone, frozen, or waits for its disk. */
export function watchServer(port: number): { readonly stretches: Stretch[]; stop(): Promise<void> } {
  const stretches: Stretch[] = [];
  const stopping = new AbortController();
  const probe = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const fromMs = nowMs();
      const isTaken = await askBroker(port, ['SET', 'probe', '1'], { timeoutMs: PROBE_DEADLINE_MS }).then(
        () => true,
        () => false,
      );
      const toMs = nowMs();
      if (!isTaken || toMs - fromMs > SLOW_MS) stretches.push({ fromMs, toMs });
      await delay(PROBE_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const probing = probe();
  return {
    stretches,
    async stop() {
      stopping.abort();
      await probing;
    },
  };
}
