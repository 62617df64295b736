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

/**
 * Writes one JSON object per line: level, time (ISO 8601), the fields, msg. An error among the fields becomes its name
 * and message. Lines below `level` are dropped.
 */
export function jsonLogger(write: (line: string) => void, level: LogLevel = 'info'): AgentLogger {
  const lowest = level === 'silent' ? LEVELS.length : LEVELS.indexOf(level);
  const at =
    (name: (typeof LEVELS)[number]) =>
    (fields: object, msg: string): void => {
      if (LEVELS.indexOf(name) < lowest) return;
      write(
        `${JSON.stringify({ level: name, time: new Date().toISOString(), ...fields, msg }, plainError)}\n`,
      );
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function plainError(_name: string, value: unknown): unknown {
  return value instanceof Error ? { name: value.name, message: value.message } : value;
}
