import { setTimeout as delay } from 'node:timers/promises';
import { openBroker } from '@nova-torch/streams';
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

const CONTROL_EVERY_MS = 100;
/** A new connection that takes longer than this, past the faults, to write and read is the server's or machine's doing. */
const SLOW_MS = 150;

/**
 * The control of the experiment: a client that connects past the faults, as one that lost its connection has to, writes
 * and reads, again and again. While that takes long the server is not ready: gone, frozen, waiting for its disk or for
 * a processor.
 */
export function watchServer(url: string): { readonly stretches: Stretch[]; stop(): Promise<void> } {
  const stretches: Stretch[] = [];
  const stopping = new AbortController();
  const comeBack = async (): Promise<void> => {
    const broker = await openBroker({ url, name: 'soak-control' });
    try {
      for (let turn = 0; turn < 3; turn += 1) {
        await broker.call('SET', 'control', turn);
        await broker.call('GET', 'control');
      }
    } finally {
      await broker.close();
    }
  };
  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const fromMs = nowMs();
      const isBack = await comeBack().then(
        () => true,
        () => false,
      );
      const toMs = nowMs();
      if (!isBack || toMs - fromMs > SLOW_MS) stretches.push({ fromMs, toMs });
      await delay(CONTROL_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const watching = watch();
  return {
    stretches,
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}
