import createClient, { type Client } from 'openapi-fetch';
import { type Breaker, createBreaker } from './breaker.ts';
import { errorOf, NovaApiError } from './errors.ts';
import type { paths } from './generated/api.ts';
import { DEFAULT_RETRIES, type RetryPolicy, withRetries } from './retry.ts';

/** Where the gateway is, with which key, and how patient calls are. */
export interface NovaClientOptions {
  /** `http://127.0.0.1:7400` */
  baseUrl: string;
  /** The admin key or an agent's token. */
  key: string;
  /** Deadline of a call in ms, repeats included; 10,000 unless told. Waiting calls add what they wait. */
  deadlineMs?: number;
  retries?: Partial<RetryPolicy>;
  /** Shared by the clients of one gateway, so that what one finds out holds for all; made unless given. */
  breaker?: Breaker;
}

/** Options of one call. */
export interface CallOptions {
  /** Gives up; the call rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Deadline of this call in ms instead of the client's. */
  deadlineMs?: number | undefined;
}

/** A call that may be repeated safely under its key; a random key is made unless one is given. */
export interface IdempotentCallOptions extends CallOptions {
  idempotencyKey?: string | undefined;
}

/** The header of such a call. */
export const keyHeader = (options: IdempotentCallOptions) => ({
  'idempotency-key': options.idempotencyKey ?? crypto.randomUUID(),
});

/** What openapi-fetch resolves with. */
interface Fetched<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** How a call is made: `safe` when repeating it has no further effect. */
export interface CallKind extends CallOptions {
  safe: boolean;
  /** What the call waits for by itself, in ms: added to the deadline. */
  waitMs?: number;
  /** Tries in all, instead of the client's policy. */
  attemptsMax?: number;
}

/** Makes calls with deadline, retries and errors; the routes and their types are in `api`. */
export interface Calls {
  readonly api: Client<paths>;
  readonly baseUrl: string;
  readonly breaker: Breaker;
  run<T>(kind: CallKind, call: (init: { signal: AbortSignal }) => Promise<Fetched<T>>): Promise<T>;
}

const DEADLINE_MS = 10_000;
/** One try of several takes no longer, so that a lost answer leaves time for a repeat. */
const ATTEMPT_MS = 5_000;

/** Makes what the client calls through. Throws TypeError for a base URL that is none. */
export function createCalls(options: NovaClientOptions): Calls {
  const baseUrl = new URL(options.baseUrl).href.replace(/\/$/, '');
  const policy = { ...DEFAULT_RETRIES, ...options.retries };
  const api = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${options.key}` } });
  const breaker = options.breaker ?? createBreaker({ isSilence, refusal: notTried });
  return {
    api,
    baseUrl,
    breaker,
    run(kind, call) {
      const { safe, waitMs = 0, signal, attemptsMax = policy.attemptsMax } = kind;
      const deadlineMs = kind.deadlineMs ?? options.deadlineMs ?? DEADLINE_MS;
      const endsAt = performance.now() + deadlineMs + waitMs;
      const attempt = (): ReturnType<typeof tryOnce> =>
        breaker.run(() => tryOnce(call, Math.min(ATTEMPT_MS + waitMs, endsAt - performance.now()), signal));
      const retries = { ...policy, attemptsMax };
      return withRetries(attempt, { safe, policy: retries, deadlineMs: endsAt, signal }) as Promise<never>;
    },
  };
}

/** Whether nobody of ours answered: unreachable, silent, or something in between that says so. */
const isSilence = (error: unknown): boolean =>
  error instanceof NovaApiError &&
  (error.code === 'UNREACHABLE' ||
    error.code === 'DEADLINE' ||
    (error.code === 'NOT_NOVA_TORCH' && error.status >= 500));

/** The header Retry-After in ms; undefined unless it counts seconds. */
function retryAfterOf(response: Response): number | undefined {
  const header = response.headers.get('retry-after') ?? '';
  return /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

function notTried(cause: Error): NovaApiError {
  return new NovaApiError({
    code: 'UNREACHABLE',
    status: 0,
    detail: 'The gateway did not answer the last calls: this one was not tried.',
    hint: 'Is it running? It is tried again in a moment.',
    retryable: true,
    isUnsent: true,
    cause,
  });
}

async function tryOnce<T>(
  call: (init: { signal: AbortSignal }) => Promise<Fetched<T>>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<T> {
  const timeout = AbortSignal.timeout(Math.max(1, Math.round(timeoutMs)));
  let fetched: Fetched<T>;
  try {
    fetched = await call({ signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) });
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw timeout.aborted ? tooLate(timeoutMs, error) : unreachable(error);
  }
  const { data, error, response } = fetched;
  if (response.ok && data !== undefined) return data;
  throw errorOf(response.status, error, retryAfterOf(response));
}

function tooLate(timeoutMs: number, cause: unknown): NovaApiError {
  return new NovaApiError({
    code: 'DEADLINE',
    status: 0,
    detail: `No answer within ${Math.round(timeoutMs)} ms.`,
    hint: 'Whether it was done is unknown; repeating with the same idempotency key is safe.',
    retryable: true,
    cause,
  });
}

function unreachable(cause: unknown): NovaApiError {
  if (cause instanceof SyntaxError) return errorOf(200, undefined);
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : undefined;
  const reason = inner?.message ?? String(cause);
  return new NovaApiError({
    code: 'UNREACHABLE',
    status: 0,
    detail: `The gateway cannot be reached: ${reason}`,
    hint: 'Is it running? `npm start` starts one here; --api-url or NOVA_API_URL names another.',
    retryable: true,
    isUnsent: inner !== undefined && 'code' in inner && inner.code === 'ECONNREFUSED',
    cause,
  });
}
