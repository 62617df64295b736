import type { NovaClientOptions } from './calls.ts';
import { ScheduleCalls } from './schedule-calls.ts';

/**
 * A client of a Nova-Torch gateway. Every call has a deadline; calls that are safe to repeat are repeated with a growing,
 * jittered pause when the gateway is overloaded, away or too slow. Rejects with NovaApiError.
 */
export class NovaClient extends ScheduleCalls {
  readonly #options: NovaClientOptions;

  /** Throws TypeError unless `baseUrl` is a URL. Nothing is sent before the first call. */
  constructor(options: NovaClientOptions) {
    super(options);
    this.#options = options;
  }

  get baseUrl(): string {
    return this.calls.baseUrl;
  }

  /** A client of the same gateway with another key: an agent's token, say. */
  withKey(key: string): NovaClient {
    return new NovaClient({ ...this.#options, key, breaker: this.calls.breaker });
  }
}
