import type { SERVICE_METRICS } from '@nova-torch/metrics';
import { systemClock, type TimerClock } from './clock.ts';
import type { Logger } from './logger.ts';
import type { MadeMetrics } from './metrics.ts';
import { createService, type Service } from './service.ts';

/** What a run did, by name; logged at level debug if anything is above zero. */
export type RunCounts = Record<string, number>;

/** A periodic duty. The first run is at once (after the jitter). */
export interface TickerOptions {
  name: string;
  everyMs: number;
  // biome-ignore lint/suspicious/noConfusingVoidType: a duty may return counts or nothing at all
  run: () => Promise<RunCounts | void> | RunCounts | void;
  logger: Logger;
  /** Share of `everyMs` (0 to 1) by which each run may be late, at random: replicas do not march in step. Default 0. */
  jitter?: number;
  clock?: TimerClock;
  random?: () => number;
  metrics?: TickerMetrics;
}

/** A periodic duty that runs. */
export interface Ticker extends Service {
  /** Runs as soon as possible instead of at the next tick; many calls make one run. Does nothing while stopped. */
  wake(): void;
}

/** Counts and times the runs of all tickers of a process. */
export type TickerMetrics = Pick<MadeMetrics<typeof SERVICE_METRICS>, 'loopRuns' | 'loopDuration'>;

/**
 * Runs a duty every `everyMs`, one run at a time: a run that takes longer skips the ticks it overlapped. An error is
 * counted and the loop goes on; the first of a row is logged at level error, the others at debug, and the end of the
 * row at info, so that a broker that is gone for a minute does not fill the log. `stop` waits for the run going on.
 */
export function createTicker(options: TickerOptions): Ticker {
  const { name, everyMs, logger, jitter = 0, clock = systemClock, random = Math.random, metrics } = options;
  beginCounts(name, metrics);
  let active = false;
  let wanted = false;
  let cancelTimer: () => void = () => undefined;
  let running: Promise<void> | undefined;
  let failures = 0;

  const runOnce = async (): Promise<void> => {
    const startedMs = clock.nowMs();
    let outcome = 'ok';
    try {
      const counts = await options.run();
      if (failures > 0) logger.info({ loop: name, failures }, 'loop works again');
      failures = 0;
      if (counts && Object.values(counts).some((count) => count > 0)) {
        logger.debug({ loop: name, ...counts }, 'loop ran');
      }
    } catch (error) {
      outcome = 'error';
      failures += 1;
      if (failures === 1) logger.error({ loop: name, err: error }, 'loop failed');
      else logger.debug({ loop: name, failures, err: error }, 'loop failed again');
    }
    metrics?.loopRuns.inc({ loop: name, outcome });
    metrics?.loopDuration.observe({ loop: name }, (clock.nowMs() - startedMs) / 1000);
  };

  const tick = (): void => {
    if (!active || running !== undefined) return;
    cancelTimer();
    wanted = false;
    const startedMs = clock.nowMs();
    running = runOnce().then(() => {
      running = undefined;
      if (!active) return;
      const elapsedMs = clock.nowMs() - startedMs;
      schedule(wanted ? 0 : Math.max(0, everyMs - (elapsedMs % everyMs)));
    });
  };

  const schedule = (delayMs: number): void => {
    cancelTimer = clock.after(delayMs + (wanted ? 0 : jitter * everyMs * random()), tick);
  };

  const service = createService({
    name: `ticker ${name}`,
    start() {
      active = true;
      schedule(0);
    },
    async stop() {
      active = false;
      cancelTimer();
      await running;
    },
  });
  return {
    ...service,
    wake() {
      if (!active) return;
      wanted = true;
      if (running === undefined) {
        cancelTimer();
        cancelTimer = clock.after(0, tick);
      }
    },
  };
}

/** The first failure would not be seen as an increase of a series that begins with it. */
function beginCounts(loop: string, metrics: TickerMetrics | undefined): void {
  for (const outcome of ['ok', 'error']) metrics?.loopRuns.inc({ loop, outcome }, 0);
}
