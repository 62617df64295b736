import {
  BrokenCircuitError,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleAll,
} from 'cockatiel';
import type { BreakerState } from './flow-board.ts';

/** After how many failures in a row nothing is let through, and when one call is tried again; times in ms. */
export interface BreakerOptions {
  readonly breakAfter: number;
  /** The first pause; each further one is about twice as long, up to `tryAfterMsMax`. */
  readonly tryAfterMs: number;
  readonly tryAfterMsMax: number;
}

/** The call was not made: the last ones failed, and it is not yet time to try another. */
export class BreakerOpenError extends Error {
  override readonly name = 'BreakerOpenError';
}

/** Spares something outside that fails, and finds out when it works again. */
export interface Breaker {
  readonly state: BreakerState;
  /** Makes the call and counts how it ends, or rejects with {@link BreakerOpenError} without making it. */
  run<T>(call: () => Promise<T>): Promise<T>;
}

/** A closed breaker. While one call is tried, the others wait for how it ends. */
export function createBreaker({ breakAfter, tryAfterMs, tryAfterMsMax }: BreakerOptions): Breaker {
  const policy = circuitBreaker(handleAll, {
    breaker: new ConsecutiveBreaker(breakAfter),
    halfOpenAfter: new ExponentialBackoff({ initialDelay: tryAfterMs, maxDelay: tryAfterMsMax }),
  });
  return {
    get state() {
      if (policy.state === CircuitState.Closed) return 'closed';
      return policy.state === CircuitState.HalfOpen ? 'half-open' : 'open';
    },
    async run(call) {
      try {
        return await policy.execute(call);
      } catch (error) {
        if (!(error instanceof BrokenCircuitError)) throw error;
        throw new BreakerOpenError('the last calls failed: this one was not made', { cause: error });
      }
    },
  };
}
