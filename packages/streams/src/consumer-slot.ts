import type { Broker } from './broker.ts';
import { BrokerUnavailableError, errorText } from './errors.ts';
import { assertBracedTag } from './hash-tag.ts';
import { type StreamsLogger, silentLogger } from './logger.ts';
import { releaseSlot, takeSlot } from './scripts/consumer-slot.ts';
import { consumerLeaseKey } from './stream-declaration.ts';

/** An entry taken over from another consumer, which is delivered when this one comes to it. */
export interface ClaimedEntry {
  readonly id: string;
  /** Deliveries so far, none of which was settled. */
  readonly deliveries: number;
  /** The last of those: to whom, and when (server ms). */
  readonly lastLost: { readonly consumer: string; readonly atMs: number } | undefined;
}

/**
 * A leased consumer name, `<service>-<n>`. Names are few and come back, so what was pending for a name that died is
 * found by whoever has it next, or by the reclaimer.
 */
export interface ConsumerSlot {
  /** The name held now. It changes if the lease ran out (a long pause of this process) and another took it. */
  readonly name: string;
  /** Renews the lease from now on; the slot is renewed already when `leaseConsumerSlot` returns it. */
  start(): Promise<void>;
  /** Gives the name back and stops renewing. May be called again. */
  stop(): Promise<void>;
  /** The key of the lease of a consumer name; undefined if it is not one of this service's names. */
  leaseKeyOf(consumer: string): string | undefined;
  /** How many claimed entries the consumer that reads the stream can take; 0 if there is none. */
  room(stream: string): number;
  /** Hands entries claimed for this name to the consumer that reads the stream. */
  handOver(stream: string, entries: readonly ClaimedEntry[]): void;
  /** Receives what is handed over for a stream. Returns what ends it. */
  onHandOver(stream: string, receiver: ClaimReceiver): () => void;
}

/** Who takes claimed entries: this process's consumer of a stream. */
export interface ClaimReceiver {
  room(): number;
  receive(entries: readonly ClaimedEntry[]): void;
}

export interface ConsumerSlotOptions {
  /** In braces: `{nova.torch}`. */
  readonly tag: string;
  readonly group: string;
  readonly service: string;
  /** Who takes the name; the same instance gets its name back at once after a restart. */
  readonly instance: string;
  /** How long a name stays taken after its holder died, in ms. */
  readonly ttlMs?: number | undefined;
  /** Most names a group has. */
  readonly slotsMax?: number | undefined;
  readonly logger?: StreamsLogger | undefined;
}

const DEFAULT_TTL_MS = 3000;
const DEFAULT_SLOTS_MAX = 64;

/** Leases the first free consumer name of the group. Rejects with BrokerUnavailableError if all are taken. */
export async function leaseConsumerSlot(broker: Broker, options: ConsumerSlotOptions): Promise<ConsumerSlot> {
  assertBracedTag(options.tag);
  const slot = new LeasedSlot(broker, options);
  await slot.start();
  return slot;
}

class LeasedSlot implements ConsumerSlot {
  readonly #broker: Broker;
  readonly #options: ConsumerSlotOptions;
  readonly #keys: string[];
  readonly #ttlMs: number;
  readonly #logger: StreamsLogger;
  readonly #receivers = new Map<string, ClaimReceiver>();
  #index = 0;
  #timer: NodeJS.Timeout | undefined;
  #renewing: Promise<void> | undefined;
  #held = false;

  constructor(broker: Broker, options: ConsumerSlotOptions) {
    this.#broker = broker;
    this.#options = options;
    this.#ttlMs = options.ttlMs ?? DEFAULT_TTL_MS;
    this.#logger = options.logger ?? silentLogger;
    const { tag, group, slotsMax = DEFAULT_SLOTS_MAX } = options;
    this.#keys = Array.from({ length: slotsMax }, (_, i) => consumerLeaseKey(tag, group, i + 1));
  }

  get name(): string {
    return `${this.#options.service}-${this.#index}`;
  }

  async start(): Promise<void> {
    if (this.#held) return;
    await this.#take();
    this.#held = true;
    this.#timer = setInterval(() => {
      this.#renewing ??= this.#renew().finally(() => {
        this.#renewing = undefined;
      });
    }, this.#ttlMs / 3);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    if (!this.#held) return;
    this.#held = false;
    clearInterval(this.#timer);
    await this.#renewing;
    const key = this.#keys[this.#index - 1];
    if (key === undefined || !this.#broker.status().connected) return;
    await releaseSlot(this.#broker, key, this.#options.instance).catch((err) => {
      this.#logger.debug({ consumer: this.name, err }, 'a consumer name could not be given back');
    });
  }

  leaseKeyOf(consumer: string): string | undefined {
    const { service, tag, group } = this.#options;
    if (!consumer.startsWith(`${service}-`)) return undefined;
    const number = consumer.slice(service.length + 1);
    return /^[1-9]\d{0,4}$/.test(number) ? consumerLeaseKey(tag, group, Number(number)) : undefined;
  }

  room(stream: string): number {
    return this.#receivers.get(stream)?.room() ?? 0;
  }

  handOver(stream: string, entries: readonly ClaimedEntry[]): void {
    this.#receivers.get(stream)?.receive(entries);
  }

  onHandOver(stream: string, receiver: ClaimReceiver): () => void {
    this.#receivers.set(stream, receiver);
    return () => {
      if (this.#receivers.get(stream) === receiver) this.#receivers.delete(stream);
    };
  }

  async #take(): Promise<void> {
    const { group, instance } = this.#options;
    // The name held so far comes first: a renewal is taking it again.
    const held = this.#keys[this.#index - 1];
    const candidates = held === undefined ? this.#keys : [held, ...this.#keys.filter((key) => key !== held)];
    const taken = await takeSlot(this.#broker, candidates, instance, this.#ttlMs);
    const key = taken === undefined ? undefined : candidates[taken];
    if (key === undefined) {
      throw new BrokerUnavailableError(
        `all ${this.#keys.length} consumer names of group '${group}' are taken`,
      );
    }
    this.#index = this.#keys.indexOf(key) + 1;
  }

  async #renew(): Promise<void> {
    const before = this.name;
    try {
      await this.#take();
    } catch (error) {
      this.#logger.warn(
        { consumer: before, error: errorText(error) },
        'a consumer name could not be renewed',
      );
      return;
    }
    if (this.name !== before) {
      this.#logger.warn(
        { before, consumer: this.name },
        'the consumer name was taken by another, using a new one',
      );
    }
  }
}
