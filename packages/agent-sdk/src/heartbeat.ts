// Says that the agent lives, on a timer of its own: no task and no slow read delays it.

import type { AgentLogger } from './logger.ts';
import { AgentGoneError, type AgentTransport, type Heartbeat } from './transport/agent-transport.ts';

/** After a failed heartbeat the next follows sooner: a broker that is back must not take a live agent for dead. */
const RETRY_MS = 500;

export interface HeartbeatOptions {
  readonly transport: Pick<AgentTransport, 'heartbeat' | 'onBack'>;
  readonly everyMs: number;
  readonly state: () => Heartbeat;
  /** Called when the platform says that it does not know the agent. */
  readonly onGone: () => void;
  readonly logger: AgentLogger;
}

export class HeartbeatTimer {
  readonly #options: HeartbeatOptions;
  #timer: NodeJS.Timeout | undefined;
  #beating = false;
  #again = false;
  #stopped = false;
  readonly #endBack: () => void;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#endBack = options.transport.onBack(() => this.beat());
    this.#next(options.everyMs);
  }

  /** Sends one now; if one is on its way, another right after it. Never rejects. */
  beat(): void {
    if (this.#stopped) return;
    if (this.#beating) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    void this.#beat();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#endBack();
  }

  async #beat(): Promise<void> {
    const { transport, state, onGone, logger, everyMs } = this.#options;
    this.#beating = true;
    this.#again = false;
    let nextMs = everyMs;
    try {
      await transport.heartbeat(state());
    } catch (error) {
      if (this.#stopped) return;
      if (error instanceof AgentGoneError) {
        onGone();
        return;
      }
      logger.warn({ err: error }, 'heartbeat not sent');
      nextMs = Math.min(everyMs, RETRY_MS);
    } finally {
      this.#beating = false;
    }
    if (this.#again) this.beat();
    else this.#next(nextMs);
  }

  #next(ms: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => this.beat(), ms);
    this.#timer.unref();
  }
}
