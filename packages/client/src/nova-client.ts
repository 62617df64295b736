import { createAgentCalls } from './agent-calls.ts';
import { createCalls, type NovaClientOptions } from './calls.ts';
import { createPlatformCalls } from './platform-calls.ts';
import { createTaskCalls } from './task-calls.ts';

type AllCalls = ReturnType<typeof createTaskCalls> &
  ReturnType<typeof createAgentCalls> &
  ReturnType<typeof createPlatformCalls>;

// The class has the methods of all three groups; they are made once for each client.
export interface NovaClient extends AllCalls {}

/**
 * A client of a Nova-Torch gateway. Every call has a deadline; calls that are safe to repeat are repeated with a growing,
 * jittered pause when the gateway is overloaded, away or too slow. Rejects with NovaApiError.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor assigns every method of the interface
export class NovaClient {
  readonly baseUrl: string;
  readonly #options: NovaClientOptions;

  /** Throws TypeError unless `baseUrl` is a URL. Nothing is sent before the first call. */
  constructor(options: NovaClientOptions) {
    const calls = createCalls(options);
    this.#options = options;
    this.baseUrl = calls.baseUrl;
    Object.assign(this, createTaskCalls(calls), createAgentCalls(calls), createPlatformCalls(calls));
  }

  /** A client of the same gateway with another key: an agent's token, say. */
  withKey(key: string): NovaClient {
    return new NovaClient({ ...this.#options, key });
  }
}
