/** The broker could not be reached, or the connection went away before it answered. Whether the command took effect is unknown. */
export class BrokerUnavailableError extends Error {
  override readonly name = 'BrokerUnavailableError';
}

/** The broker refused the credentials in the URL. Retrying without changing them does not help. */
export class BrokerAuthError extends Error {
  override readonly name = 'BrokerAuthError';
}

/** The broker did not answer within the deadline. Whether the command took effect is unknown. */
export class BrokerTimeoutError extends Error {
  override readonly name = 'BrokerTimeoutError';
}

/** The broker (or a closed part of this package) was used after `close()`. */
export class BrokerClosedError extends Error {
  override readonly name = 'BrokerClosedError';
}

/**
 * The broker answered with an error. `code` is the error's own code (`NOGROUP`, `OOM`, `WRONGTYPE`, a script's own
 * code, …), also when the server wrapped it in the text of a failed script; `ERR` when it has none.
 */
export class BrokerReplyError extends Error {
  override readonly name = 'BrokerReplyError';
  readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = replyErrorCode(message);
  }
}

/** The keys of one script call (or one blocking read) do not share a hash tag. */
export class CrossTagError extends Error {
  override readonly name = 'CrossTagError';
}

/** The encoded message is larger than a stream entry may be. */
export class PayloadTooLargeError extends Error {
  override readonly name = 'PayloadTooLargeError';
  readonly bytes: number;
  readonly maxBytes: number;

  constructor(type: string, bytes: number, maxBytes: number) {
    super(`a ${type} message of ${bytes} bytes is over the limit of ${maxBytes} bytes`);
    this.bytes = bytes;
    this.maxBytes = maxBytes;
  }
}

/** Nobody answered a request in time. Its effect is unknown; repeat it only if it is idempotent. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

/** The server lacks a behaviour this package relies on. `check` names the failed check. */
export class ProbeFailedError extends Error {
  override readonly name = 'ProbeFailedError';
  readonly check: string;

  constructor(check: string, detail: string) {
    super(`the broker failed the check '${check}': ${detail}`);
    this.check = check;
  }
}

const FIRST_WORD = /^-?([A-Z][A-Z0-9_]+)(?=\s|$)/;
// A code inside the text of a failed script: "ERR Error running script …: -NOGROUP No such key …".
const WRAPPED_WORD = /(?:\s-|:\s)([A-Z][A-Z0-9_]{2,})\s/g;

/** Finds the code in the text of an error reply, also inside the text of a failed script; `ERR` if there is none. */
export function replyErrorCode(message: string): string {
  const first = FIRST_WORD.exec(message)?.[1] ?? 'ERR';
  if (first !== 'ERR') return first;
  if (/script/i.test(message)) {
    for (const [, code] of message.matchAll(WRAPPED_WORD)) {
      if (code !== undefined && code !== 'ERR') return code;
    }
  }
  return /out of memory/i.test(message) ? 'OOM' : first;
}

/** The code of a broker's error reply, or undefined for any other error. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof BrokerReplyError ? error.code : undefined;
}

/** The text of whatever was thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
