import { LOG_LEVEL_FOR_MAX_S, type LogLevelName } from '@nova-torch/protocol';
import type { LogLevel } from './logger.ts';

/** A level in force for a while. */
export interface ChangedLevel {
  readonly level: LogLevelName;
  /** Unix milliseconds of the broker's clock. */
  readonly until_ms: number;
}

/** The level of all long-lived loggers of a process, which may be changed for a while. */
export interface LogLevels {
  /** The change in force, if there is one. */
  readonly changed: ChangedLevel | undefined;
  /** Has this logger follow. A child of a logger keeps the level its parent had when it was made, unless it follows too. */
  follow(logger: { level: string }): void;
  /**
   * Takes the place of the change before; at its end, after a day at the latest, the usual level holds again. One that is over
   * already only ends that.
   */
  change(changed: ChangedLevel): void;
  /** Back to the usual level. */
  stop(): void;
}

/** Everything at its usual level. `nowMs` is the broker's clock. */
export function createLogLevels(usual: LogLevel, nowMs: () => number): LogLevels {
  const loggers: { level: string }[] = [];
  let changed: ChangedLevel | undefined;
  let timer: NodeJS.Timeout | undefined;
  const put = (next: ChangedLevel | undefined): void => {
    clearTimeout(timer);
    changed = next;
    for (const logger of loggers) logger.level = next?.level ?? usual;
  };
  return {
    get changed() {
      return changed;
    },
    follow(logger) {
      loggers.push(logger);
      logger.level = changed?.level ?? usual;
    },
    change(next) {
      const leftMs = next.until_ms - nowMs();
      put(leftMs > 0 ? next : undefined);
      // Whatever was asked for: a timer that is set further than it can hold would fire at once.
      const forMs = Math.min(leftMs, LOG_LEVEL_FOR_MAX_S * 1_000);
      if (leftMs > 0) timer = setTimeout(() => put(undefined), forMs).unref();
    },
    stop: () => put(undefined),
  };
}
