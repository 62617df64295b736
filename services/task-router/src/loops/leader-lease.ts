// Who is the active router of the pool.
//
// S1. The lease is for speed: it says who should work. The term, checked by every script, is for safety.
// S2. While the broker cannot be asked, an active router goes on: whatever it writes is guarded by its term.
import { createService, type Logger, type Service } from '@nova-torch/service-kit';
import type { Broker } from '@nova-torch/streams';
import { giveUpLeadership, takeLeadership } from '../store/leader.ts';

export interface LeaderLeaseOptions {
  readonly broker: Broker;
  readonly key: string;
  readonly instance: string;
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly logger: Logger;
  /** This instance is the active one from now on. Must not throw. */
  onGained(term: number): Promise<void>;
  /** It is not any more. Must not throw. */
  onLost(term: number): Promise<void>;
}

export interface LeaderLease extends Service {
  /** The term held; 0 on a standby. */
  readonly term: number;
  /** Asks at once whether the lease is still held. */
  check(): void;
  /** Begins a new term at the next renewal: what the active router remembers may not be what the broker has. */
  restart(): void;
}

export function createLeaderLease(options: LeaderLeaseOptions): LeaderLease {
  return new RenewedLease(options);
}

class RenewedLease implements LeaderLease {
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly #options: LeaderLeaseOptions;
  #term = 0;
  #newTermWanted = false;
  #started = false;
  #timer: NodeJS.Timeout | undefined;
  #asking: Promise<void> | undefined;

  constructor(options: LeaderLeaseOptions) {
    this.#options = options;
    const service = createService({
      name: 'leader lease',
      start: () => this.#begin(),
      stop: () => this.#end(),
    });
    this.start = service.start;
    this.stop = service.stop;
  }

  get term(): number {
    return this.#term;
  }

  check(): void {
    if (!this.#started || this.#asking !== undefined) return;
    clearTimeout(this.#timer);
    this.#asking = this.#ask().then((againInMs) => {
      this.#asking = undefined;
      if (this.#started) this.#timer = setTimeout(() => this.check(), againInMs);
    });
  }

  restart(): void {
    this.#newTermWanted = this.#term !== 0;
  }

  #begin(): void {
    this.#started = true;
    this.check();
  }

  async #end(): Promise<void> {
    const { broker, key, instance, logger, onLost } = this.#options;
    this.#started = false;
    clearTimeout(this.#timer);
    await this.#asking;
    const term = this.#term;
    if (term === 0) return;
    this.#term = 0;
    await onLost(term);
    await giveUpLeadership(broker, key, instance, term).catch((error: unknown) => {
      logger.warn({ err: error, term }, 'the lease could not be given up: it runs out by itself');
    });
  }

  /** Takes or renews the lease; answers when to ask again, in ms. */
  async #ask(): Promise<number> {
    const { broker, key, instance, leaseMs, renewMs, logger, onGained, onLost } = this.#options;
    const beginAnew = this.#newTermWanted;
    // One wanted while this claim is under way is for the next: this one may have been made up before.
    this.#newTermWanted = false;
    try {
      const held = this.#term;
      const claim = { instance, term: beginAnew ? 0 : held, leaseMs };
      const leadership = await takeLeadership(broker, key, claim);
      const term = leadership.held ? leadership.term : 0;
      if (term !== held) {
        this.#term = term;
        if (held !== 0) await onLost(held);
        // Gaining takes longer than the lease when there is much to load: it is renewed meanwhile.
        if (term !== 0) void onGained(term);
      }
      if (this.#newTermWanted) return 0;
      return leadership.held ? renewMs : Math.min(renewMs, leadership.leftMs + 5);
    } catch (error) {
      this.#newTermWanted ||= beginAnew;
      logger.warn({ err: error, term: this.#term }, 'the lease could not be renewed, trying again');
      return renewMs / 3;
    }
  }
}
