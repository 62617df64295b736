/** `dropped`: never got to the collector (it is away, or too many waited); `refused`: it answered no. */
export type SpanOutcome = 'sent' | 'dropped' | 'refused';

/** What is told of an export that goes wrong, and of its mending; pino's Logger is assignable to it. */
export interface TracingLogger {
  info(message: string): void;
  warn(fields: object, message: string): void;
}

/** Where spans go and how many. `ratio` (0 to 1) is the share of new traces that is sampled. */
export interface TracingOptions {
  service: string;
  instance: string;
  endpoint?: string | undefined;
  /** Sent with every batch, for a collector that wants a key. */
  headers?: Readonly<Record<string, string>> | undefined;
  ratio: number;
  logger?: TracingLogger | undefined;
  /** What a text about a failure becomes before it is recorded: it may quote a secret. Unchanged unless given. */
  redact?: ((text: string) => string) | undefined;
  /** Every call to the collector goes through it, such as through a circuit breaker. It may reject without calling. */
  guard?: (<T>(call: () => Promise<T>) => Promise<T>) | undefined;
  /** Told what became of spans. */
  count?: ((outcome: SpanOutcome, spans: number) => void) | undefined;
}
