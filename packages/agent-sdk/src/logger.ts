import { createLogFlood, lineRedactor } from '@nova-torch/logging';

/** What an agent logs to; pino's Logger is assignable to it. */
export interface AgentLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LEVELS)[number] | 'silent';

/** Drops everything. */
export const silentLogger: AgentLogger = { debug() {}, info() {}, warn() {}, error() {} };

/** A logger that adds `fields` to every line. */
export function withFields(logger: AgentLogger, fields: object): AgentLogger {
  return {
    debug: (own, message) => logger.debug({ ...fields, ...own }, message),
    info: (own, message) => logger.info({ ...fields, ...own }, message),
    warn: (own, message) => logger.warn({ ...fields, ...own }, message),
    error: (own, message) => logger.error({ ...fields, ...own }, message),
  };
}

/** What bounds a JSON logger. */
export interface JsonLoggerOptions {
  /** Values that must not be in any line; looked at anew for each, because more may become known. */
  readonly secrets?: Iterable<string>;
  /** Lines of one message and level in a second before further ones are counted and left out. Default 50. */
  readonly floodPerSecond?: number;
}

const FLOOD_PER_S = 50;
const TELL_EVERY_MS = 1_000;

/**
 * Writes one JSON object per line: level, time (ISO 8601), the fields, msg. An error among the fields becomes its name
 * and message. Lines below `level` are dropped. Secrets are redacted in the finished line; what a flood left out is told
 * once a second, by a line of the same message and level with `suppressed`.
 */
export function jsonLogger(
  write: (line: string) => void,
  level: LogLevel = 'info',
  { secrets = [], floodPerSecond = FLOOD_PER_S }: JsonLoggerOptions = {},
): AgentLogger {
  const lowest = level === 'silent' ? LEVELS.length : LEVELS.indexOf(level);
  const flood = createLogFlood({ perSecond: floodPerSecond });
  let isDue = false;
  const put = (name: string, fields: object, msg: string): void => {
    const line = JSON.stringify({ level: name, time: new Date().toISOString(), ...fields, msg }, plainError);
    write(`${lineRedactor(secrets)(line)}\n`);
  };
  const tell = (): void => {
    isDue = false;
    for (const { level: at, message, count } of flood.drain())
      put(LEVELS[at] ?? 'info', { suppressed: count }, message);
  };
  const at =
    (name: (typeof LEVELS)[number]) =>
    (fields: object, msg: string): void => {
      const number = LEVELS.indexOf(name);
      if (number < lowest) return;
      if (flood.admits(number, msg, undefined, performance.now())) {
        put(name, fields, msg);
        return;
      }
      if (!isDue) setTimeout(tell, TELL_EVERY_MS).unref();
      isDue = true;
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function plainError(_name: string, value: unknown): unknown {
  return value instanceof Error ? { name: value.name, message: value.message } : value;
}
