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

/**
 * Calls the gateway; resolves with the parsed body (undefined if there is none). Settles within the deadline. Rejects
 * with TransportUnavailableError (no answer, 429, 5xx), AgentGoneError (AGENT_UNKNOWN) or NovaError. Connections are
 * kept alive by fetch itself.
 */
export async function callGateway(apiUrl: string, call: HttpCall): Promise<unknown> {
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
    throw new TransportUnavailableError(`${call.method} ${call.path}: ${causeOf(error)}`, { cause: error });
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
      ? new TransportUnavailableError(`${what} answered ${status}`)
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
