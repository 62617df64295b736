import { createService, type Logger, type Service } from '@nova-torch/service-kit';
import { NotLeaderError } from '../store/apply-transitions.ts';

/** What one run did, and when the next is due: Unix ms of the broker's clock, or undefined for the longest pause. */
export interface RunResult {
  readonly nextAtMs?: number | undefined;
}

export interface WakeableLoop extends Service {
  /** Runs by `atMs` at the latest (now when absent); an earlier due run stays. Does nothing while stopped. */
  wake(atMs?: number): void;
}

export interface WakeableLoopOptions {
  readonly name: string;
  readonly run: () => Promise<RunResult>;
  readonly logger: Logger;
  readonly nowMs: () => number;
  /** Longest pause between two runs: what was missed is found then. */
  readonly pauseMaxMs: number;
}

const AFTER_FAILURE_MS = 200;

/** A duty that sleeps until the next thing is due and can be woken earlier; never two runs at a time. */
export function createWakeableLoop(options: WakeableLoopOptions): WakeableLoop {
  const { name, run, logger, nowMs, pauseMaxMs } = options;
  let started = false;
  let timer: NodeJS.Timeout | undefined;
  let dueAtMs = Number.POSITIVE_INFINITY;
  let running: Promise<void> | undefined;

  const schedule = (atMs: number): void => {
    if (!started || atMs >= dueAtMs) return;
    dueAtMs = atMs;
    if (running !== undefined) return;
    clearTimeout(timer);
    timer = setTimeout(begin, Math.max(0, atMs - nowMs()));
  };
  const begin = (): void => {
    dueAtMs = Number.POSITIVE_INFINITY;
    running = runOnce().then((nextAtMs) => {
      running = undefined;
      const atMs = Math.min(dueAtMs, nextAtMs);
      dueAtMs = Number.POSITIVE_INFINITY;
      schedule(atMs);
    });
  };
  const runOnce = async (): Promise<number> => {
    try {
      const { nextAtMs } = await run();
      return Math.min(nextAtMs ?? Number.POSITIVE_INFINITY, nowMs() + pauseMaxMs);
    } catch (error) {
      if (!(error instanceof NotLeaderError))
        logger.warn({ loop: name, err: error }, 'loop failed, going on');
      return nowMs() + AFTER_FAILURE_MS;
    }
  };

  const service = createService({
    name,
    start() {
      started = true;
      schedule(nowMs());
    },
    async stop() {
      started = false;
      clearTimeout(timer);
      await running;
    },
  });
  return { ...service, wake: (atMs = nowMs()) => schedule(atMs) };
}
