import { createLogFlood, lineRedactor } from '@nova-torch/logging';
import { currentWork, parseTraceparent } from '@nova-torch/tracing';
import {
  type DestinationStream,
  type Logger,
  type LoggerOptions as LoggerOptionsOfPino,
  pino,
  stdTimeFunctions,
} from 'pino';
import type { LOG_LEVELS } from './env.ts';

export type { Logger } from 'pino';

/** How much is logged. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a logger is made of. `destination` is standard output unless told. */
export interface LoggerOptions {
  service: string;
  instance: string;
  level: LogLevel;
  destination?: DestinationStream;
  /** Values that must not be in any line. */
  secrets?: readonly string[];
  /** Lines of one message, level and part in a second before further ones are left out; no bound unless given. */
  floodPerSecond?: number;
  /** Told of lines: written, or left out in a flood. */
  count?: (what: 'written' | 'suppressed', level: string) => void;
}

/**
 * A pino logger that writes one JSON line per event, with service and instance, and with trace_id, correlation_id,
 * task_id and agent_id where the work going on is known (see `withMessageSpan`). Secrets are redacted in the
 * finished line, so it does not matter where they hide: fields of any depth, error texts, URLs in a message.
 * What a flood left out is told once a second, by a line of the same message and level with `suppressed`.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { service, instance, level, destination } = options;
  const guard = floodGuard(options);
  const settings = {
    level,
    base: { service, instance },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    hooks: { streamWrite: lineRedactor(options.secrets ?? []), logMethod: guard.onLine },
    mixin: (_fields: object, _level: number, logger: Logger) => fieldsOfWork(logger),
  };
  const logger = destination === undefined ? pino(settings) : pino(settings, destination);
  guard.reportTo(logger);
  return logger;
}

type LineArguments = Parameters<NonNullable<NonNullable<LoggerOptionsOfPino['hooks']>['logMethod']>>[0];
type LineWriter = (this: Logger, ...args: LineArguments) => void;

const FATAL = 60;
const TELL_EVERY_MS = 1_000;

/** Stands between a call and its line: counts it, and leaves it out when too many of its kind came. Fatal ones always pass. */
function floodGuard({ floodPerSecond, count }: Pick<LoggerOptions, 'floodPerSecond' | 'count'>) {
  const flood = floodPerSecond === undefined ? undefined : createLogFlood({ perSecond: floodPerSecond });
  let logger: Logger | undefined;
  let isDue = false;
  let telling = false;
  const labelOf = (level: number): string => pino.levels.labels[level] ?? String(level);
  const tell = (): void => {
    isDue = false;
    telling = true;
    for (const { level, message, part, count: suppressed } of flood?.drain() ?? []) {
      logger?.[labelOf(level) as 'info']({ suppressed, ...(part !== undefined && { part }) }, message);
    }
    telling = false;
  };
  return {
    reportTo(to: Logger): void {
      logger = to;
    },
    onLine(this: Logger, args: LineArguments, write: LineWriter, level: number): void {
      const [first, second] = args as unknown[];
      const message = typeof first === 'string' ? first : typeof second === 'string' ? second : '';
      if (flood !== undefined && !telling && level < FATAL) {
        if (!flood.admits(level, message, partOf(first), performance.now())) {
          count?.('suppressed', labelOf(level));
          if (!isDue) setTimeout(tell, TELL_EVERY_MS).unref();
          isDue = true;
          return;
        }
      }
      count?.('written', labelOf(level));
      write.apply(this, args);
    },
  };
}

function partOf(fields: unknown): string | undefined {
  if (typeof fields !== 'object' || fields === null) return undefined;
  const { part } = fields as { part?: unknown };
  return typeof part === 'string' ? part : undefined;
}

/** The ids of the work going on that the logger is not bound to already: no member stands twice in a line. */
function fieldsOfWork(logger: Logger): Record<string, string> {
  const work = currentWork();
  if (work === undefined) return {};
  const bound = logger.bindings();
  const fields: Record<string, string> = {};
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined && bound[name] === undefined) fields[name] = value;
  };
  add('trace_id', parseTraceparent(work.traceparent)?.traceId);
  add('correlation_id', work.correlation_id);
  add('task_id', work.task_id);
  add('agent_id', work.agent_id);
  return fields;
}
