import type { StreamEntry } from './replies.ts';

/** The envelope as this package sees it. Times are Unix seconds, fractional. */
export interface MessageHead {
  id: string;
  timestamp: number;
  sender: string;
  target: string;
  type: string;
  payload: unknown;
  priority?: string | undefined;
  correlation_id?: string | undefined;
  causation_id?: string | undefined;
  /** Unix seconds; a message not settled before is dead-lettered as `expired`. */
  expires_at?: number | undefined;
  traceparent?: string | undefined;
}

export type Decoded<M> =
  | { ok: true; message: M }
  | { ok: false; error: string; partial?: Partial<MessageHead> | undefined };

/** Turns messages into the JSON of a stream entry and back, with validation. `decode` must not throw. */
export interface Codec<M extends MessageHead> {
  encode(message: M): string;
  decode(json: string): Decoded<M>;
  /** Bytes of an encoded message, for types whose bound is not that of all. */
  bytesMax?(type: string): number | undefined;
  /** The ids by which a log line about a message is found: of its request, of its trace, of what it is about. */
  idsOf?(message: M): Readonly<Record<string, string>>;
}

/** One attempt to handle a message, as kept in the entry's field `h`. */
export interface Attempt {
  /** Server time, Unix milliseconds. */
  at_ms: number;
  consumer: string;
  duration_ms: number;
  /**
   * `lost`: the consumer took it and was gone before it settled it. `replayed` is no attempt: somebody (`consumer`) put
   * the message back from the dead letters, and its attempts are counted anew from there.
   */
  outcome: 'retry' | 'error' | 'timeout' | 'lost' | 'dead_letter' | 'replayed';
  error?: string | undefined;
  /** Of a replay: the span of whoever put it back. */
  traceparent?: string | undefined;
}

/** A message as a handler gets it. */
export interface Delivered<M extends MessageHead> {
  readonly message: M;
  readonly entryId: string;
  readonly stream: string;
  /** 1 for the first time, one more for each attempt in `history`. */
  readonly attempt: number;
  readonly history: readonly Attempt[];
}

/** A message to be sent in the same script that acknowledges the one it answers. */
export interface Outgoing<M extends MessageHead = MessageHead> {
  readonly stream: string;
  readonly message: M;
  /** Do not create the stream: the message is dropped if nobody waits for it any more. */
  readonly onlyIfExists?: boolean | undefined;
}

/** Field names of a stream entry: message, history of attempts, the one group a redelivery is meant for. */
export const FIELD = { message: 'm', history: 'h', group: 'g' } as const;

/** The error text kept per attempt, in characters. */
const ERROR_TEXT_MAX = 500;

/** Cuts an error's text to what is kept in a history or a dead letter. */
export function shortError(text: string): string {
  return text.length <= ERROR_TEXT_MAX ? text : `${text.slice(0, ERROR_TEXT_MAX - 1)}…`;
}

/** Reads the attempts of an entry; a damaged history counts as none. */
export function historyOf(entry: StreamEntry): Attempt[] {
  const json = entry.fields[FIELD.history];
  if (json === undefined || json === '') return [];
  try {
    const parsed: unknown = JSON.parse(json);
    return Array.isArray(parsed) ? parsed.filter(isAttempt) : [];
  } catch {
    return [];
  }
}

function isAttempt(value: unknown): value is Attempt {
  return typeof value === 'object' && value !== null && 'outcome' in value && 'at_ms' in value;
}
