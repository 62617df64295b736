/** What this package logs to; pino's Logger is assignable to it. */
export interface StreamsLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Drops everything. */
export const silentLogger: StreamsLogger = { debug() {}, info() {}, warn() {}, error() {} };
