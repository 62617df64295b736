import { currentWork, parseTraceparent } from '@nova-torch/tracing';
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import type { LOG_LEVELS } from './env.ts';
import { redactJsonLine } from './redact.ts';

export type { Logger } from 'pino';

/** How much is logged. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a logger is made of. `destination` is standard output unless told. */
export interface LoggerOptions {
  service: string;
  instance: string;
  level: LogLevel;
  destination?: DestinationStream;
}

/**
 * A pino logger that writes one JSON line per event, with service and instance, and with trace_id, correlation_id,
 * task_id and agent_id where the work going on is known (see `withMessageSpan`). Secrets are redacted in the
 * finished line, so it does not matter where they hide: fields of any depth, error texts, URLs in a message.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { service, instance, level, destination } = options;
  const settings = {
    level,
    base: { service, instance },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    hooks: { streamWrite: redactJsonLine },
    mixin: (_fields: object, _level: number, logger: Logger) => fieldsOfWork(logger),
  };
  return destination === undefined ? pino(settings) : pino(settings, destination);
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
