import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel';

/** `open`: nothing is sent; `half-open`: one call is, to find out. */
export type BreakerState = 'closed' | 'half-open' | 'open';

/** Stops calls to an address at which nobody answers, and lets one through now and then to see whether that is over. */
export interface Breaker {
  readonly state: BreakerState;
  /** Runs a call, or rejects with what `refusal` makes while the breaker is open. */
  run<T>(call: () => Promise<T>): Promise<T>;
}

export interface BreakerOptions {
  /** Whether an error says that nobody answers; others count as answers. */
  readonly isSilence: (error: unknown) => boolean;
  /** What calls reject with while the breaker is open. */
  readonly refusal: (cause: Error) => Error;
  /** Calls that must fail one after the other, 5 unless told. */
  readonly breakAfter?: number;
  /** How long it stays open before a call is tried, in ms; 250 unless told. */
  readonly tryAfterMs?: number;
  /** A call that was tried counts as answered when it has not failed for so long, in ms; 500 unless told. */
  readonly probeMs?: number;
}

const BREAK_AFTER = 5;
/** Below what a call waits before its last repeat: an address that is back is found before callers give up. */
const TRY_AFTER_MS = 250;
/** Calls that wait for something must not hold up the others while they wait. */
const PROBE_MS = 500;

type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** An answer, of whatever kind, is a success for the breaker; it rejects only for silence. */
async function answerOf<T>(
  call: () => Promise<T>,
  isSilence: (error: unknown) => boolean,
): Promise<Answer<T>> {
  try {
    return { ok: true, value: await call() };
  } catch (error) {
    if (isSilence(error)) throw error;
    return { ok: false, error };
  }
}

/** What a call answers, or undefined when it still runs after `ms`. */
async function orPending<T>(running: Promise<T>, ms: number): Promise<T | undefined> {
  const pending = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => pending.resolve(undefined), ms);
  try {
    return await Promise.race([running, pending.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** A closed breaker. */
export function createBreaker(options: BreakerOptions): Breaker {
  const {
    isSilence,
    refusal,
    breakAfter = BREAK_AFTER,
    tryAfterMs = TRY_AFTER_MS,
    probeMs = PROBE_MS,
  } = options;
  const policy = circuitBreaker(handleAll, {
    breaker: new ConsecutiveBreaker(breakAfter),
    halfOpenAfter: tryAfterMs,
  });
  /** Counts a silence that came after the breaker had closed. */
  const fail = async (error: unknown): Promise<never> => {
    await policy.execute(() => Promise.reject(error)).catch(() => undefined);
    throw error;
  };
  return {
    get state() {
      if (policy.state === CircuitState.Closed) return 'closed';
      return policy.state === CircuitState.HalfOpen ? 'half-open' : 'open';
    },
    async run<T>(call: () => Promise<T>) {
      let running: Promise<Answer<T>> | undefined;
      const settled = policy.execute(() => {
        const started = answerOf(call, isSilence);
        running = started;
        return policy.state === CircuitState.HalfOpen ? orPending(started, probeMs) : started;
      });
      const known = await settled.catch((error: unknown) => {
        throw error instanceof BrokenCircuitError ? refusal(error) : error;
      });
      const answer = known ?? (await running?.catch((error: unknown) => fail(error)));
      if (answer === undefined) throw new Error('the call was not made');
      if (answer.ok) return answer.value;
      throw answer.error;
    },
  };
}
