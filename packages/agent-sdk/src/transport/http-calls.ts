import { type Breaker, createBreaker } from '@nova-torch/client';
import { ErrorCode, errorRow, NovaError } from '@nova-torch/protocol';
import { AgentGoneError, TransportUnavailableError } from './agent-transport.ts';

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below the API's address, with the leading slash. */
  readonly path: string;
  readonly body?: unknown;
  /** Admin key or agent token. */
  readonly key: string;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
  readonly headers?: Record<string, string>;
}

/** Nobody of ours answered, as opposed to a gateway that answers that it cannot now. */
class SilenceError extends TransportUnavailableError {}

/** A breaker for each address that is called, the last used ones. */
const breakers = new Map<string, Breaker>();
const BREAKERS_MAX = 64;

function breakerOf(apiUrl: string): Breaker {
  const known = breakers.get(apiUrl);
  if (known !== undefined) return known;
  const [oldest] = breakers.keys();
  if (breakers.size >= BREAKERS_MAX && oldest !== undefined) breakers.delete(oldest);
  const made = createBreaker({
    isSilence: (error) => error instanceof SilenceError,
    refusal: (cause) =>
      new TransportUnavailableError(`${apiUrl} did not answer the last calls: not tried`, { cause }),
  });
  breakers.set(apiUrl, made);
  return made;
}

/**
 * Calls the gateway; resolves with the parsed body (undefined if there is none). Settles within the deadline. Rejects
 * with TransportUnavailableError (no answer, 429, 5xx), AgentGoneError (AGENT_UNKNOWN) or NovaError. Connections are
 * kept alive by fetch itself. An address at which nobody answers is left alone for a moment after some calls.
 */
export function callGateway(apiUrl: string, call: HttpCall): Promise<unknown> {
  return breakerOf(apiUrl).run(() => callOnce(apiUrl, call));
}

async function callOnce(apiUrl: string, call: HttpCall): Promise<unknown> {
  const deadline = AbortSignal.timeout(call.deadlineMs);
  let status: number;
  let text: string;
  try {
    const response = await fetch(new URL(`.${call.path}`, withSlash(apiUrl)), {
      method: call.method,
      headers: {
        authorization: `Bearer ${call.key}`,
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...call.headers,
      },
      body: call.body === undefined ? null : JSON.stringify(call.body),
      signal: call.signal ? AbortSignal.any([call.signal, deadline]) : deadline,
    });
    status = response.status;
    text = await response.text();
  } catch (error) {
    const message = `${call.method} ${call.path}: ${causeOf(error)}`;
    // Given up by the caller says nothing about the address.
    throw call.signal?.aborted
      ? new TransportUnavailableError(message, { cause: error })
      : new SilenceError(message, { cause: error });
  }
  const body = parseJson(text);
  if (status < 400) return body;
  throw errorOf(status, body, `${call.method} ${call.path}`);
}

function errorOf(status: number, body: unknown, what: string): Error {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const code = ErrorCode.safeParse(problem.code);
  const detail = String(problem.detail ?? problem.title ?? `${what} answered ${status}`);
  if (!code.success) {
    return status >= 500 || status === 429
      ? new (status >= 500 ? SilenceError : TransportUnavailableError)(`${what} answered ${status}`)
      : new NovaError(byStatus(status), detail);
  }
  if (code.data === 'AGENT_UNKNOWN') return new AgentGoneError(detail);
  const later = errorRow(code.data).status >= 500 || code.data === 'OVERLOADED';
  return later ? new TransportUnavailableError(`${code.data}: ${detail}`) : new NovaError(code.data, detail);
}

function byStatus(status: number): ErrorCode {
  if (status === 401) return 'UNAUTHENTICATED';
  if (status === 403) return 'FORBIDDEN';
  return status === 413 ? 'PAYLOAD_TOO_LARGE' : 'VALIDATION';
}

function parseJson(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** fetch says only "fetch failed"; what happened is in its cause. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
}

const withSlash = (url: string): string => (url.endsWith('/') ? url : `${url}/`);
