// The group loop: take entries → open them → run handlers → settle the outcomes.
//
// 1. One batch is handled at a time. Outcomes are settled as they come, many in one call, while handling goes on; a
//    next batch is taken while at most one batch of outcomes waits.
// 2. An entry is acknowledged in the call that stores what follows from it, never before.
// 3. Messages of one stream are handled one after the other, in the stream's order, unless `concurrency` is over 1.
//    A message that is tried again comes back later, behind others.
import { type Backoff, exponentialBackoff } from './backoff.ts';
import type { Broker } from './broker.ts';
import type { ConsumerSlot } from './consumer-slot.ts';
import { type Delivery, type Opened, openEntry, type TakenEntry } from './delivery.ts';
import { BrokerClosedError } from './errors.ts';
import { createGathering, type Gathering } from './gathering.ts';
import { ensureGroups } from './group.ts';
import { GroupReader, type Taken } from './group-reader.ts';
import { type Handled, type Handlers, isBatchHandlers, runWithin } from './handlers.ts';
import { sharedTag } from './hash-tag.ts';
import { type StreamsLogger, silentLogger } from './logger.ts';
import type { Codec, Delivered, MessageHead } from './message.ts';
import { noMetrics, type StreamMetrics } from './metrics.ts';
import { deadLetter, type Outcome } from './outcome.ts';
import { pause } from './pause.ts';
import { holdPending, type PendingHold } from './pending-hold.ts';
import type { Settlement } from './scripts/settle-batch.ts';
import { SettledCounts } from './settled-counts.ts';
import { type AttemptEnd, deadLetterStep, settlementOf } from './settlement.ts';
import { createSettler, type Settler } from './settler.ts';
import { leastBatch, type StreamDeclaration } from './stream-declaration.ts';

/** Something that is started and stopped; both may be called again, and `stop` before `start`. */
export interface Service {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What went wrong with a message, for reporting. */
export interface ConsumerFailure {
  readonly stream: string;
  readonly entryId: string;
  /** `error`, `timeout`, or why the message was dead-lettered without a handler. */
  readonly reason: string;
  readonly attempt: number;
  /** What could be read of the message. */
  readonly head: Partial<MessageHead> | undefined;
}

export interface ConsumerOptions<M extends MessageHead> {
  readonly broker: Broker;
  readonly codec: Codec<M>;
  readonly group: string;
  readonly consumer: ConsumerSlot;
  /** Streams that share one hash tag, read by one blocked call. */
  readonly streams: readonly StreamDeclaration[];
  /** Handlers by message type, or one for whole batches; a message tried again comes in a batch of its own. */
  readonly handlers: Handlers<M>;
  /** Entries per stream and read at most, 256 by default; what a stream declares wins. */
  readonly batch?: number | undefined;
  /** Attempts before a message is dead-lettered, 5 by default; a stream's own declaration wins. */
  readonly maxDeliveries?: number | undefined;
  /** A stream's own declaration wins. */
  readonly backoff?: Backoff | undefined;
  /** How long a handler may take in ms, 30,000 by default; a batch handler has it for the whole batch. */
  readonly handlerTimeoutMs?: number | undefined;
  /**
   * How far apart reads are kept while entries come, in ms, 0 by default: what comes meanwhile is taken together. What
   * comes after a quiet time is taken at once.
   */
  readonly gatherMs?: number | undefined;
  /** Messages of one stream handled at the same time, 1 by default: then they keep its order. Its declaration wins. */
  readonly concurrency?: number | undefined;
  readonly logger?: StreamsLogger | undefined;
  readonly metrics?: StreamMetrics | undefined;
  /** Told of every failed attempt and every message rejected without a handler. Must not throw. */
  readonly onError?: ((error: unknown, failure: ConsumerFailure) => void) | undefined;
}

/** Reads its streams for its group from `start` to `stop`. `stop` waits for the running batch and its settlement. */
export type Consumer = Service;

/** Makes a consumer. Throws CrossTagError if its streams do not share a hash tag. */
export function createConsumer<M extends MessageHead>(options: ConsumerOptions<M>): Consumer {
  sharedTag(options.streams.map(({ key }) => key));
  let running: RunningConsumer<M> | undefined;
  return {
    async start() {
      if (running) return;
      const started = new RunningConsumer(options);
      running = started;
      try {
        await started.start();
      } catch (error) {
        running = undefined;
        throw error;
      }
    },
    async stop() {
      await running?.stop();
      running = undefined;
    },
  };
}

const DEFAULT_BATCH = 256;
const DEFAULT_MAX_DELIVERIES = 5;
const DEFAULT_HANDLER_TIMEOUT_MS = 30_000;
const AFTER_FAILED_READ_MS = 100;
/** How long after `stop` the messages of the running batch are still begun. */
const STOP_BEGIN_MS = 1000;
/** How long `stop` waits for the broker to take the last outcomes; what it does not take is delivered again. */
const STOP_SETTLE_MS = 5000;

class RunningConsumer<M extends MessageHead> {
  readonly #options: ConsumerOptions<M>;
  readonly #logger: StreamsLogger;
  readonly #metrics: StreamMetrics;
  readonly #settled: SettledCounts;
  readonly #batch: number;
  readonly #backoffs: ReadonlyMap<string, Backoff>;
  readonly #handlerTimeoutMs: number;
  readonly #declarations: ReadonlyMap<string, StreamDeclaration>;
  readonly #settler: Settler;
  readonly #stopping = new AbortController();
  readonly #gathering: Gathering;
  #beginUntil = Number.POSITIVE_INFINITY;
  #reader: GroupReader | undefined;
  #hold: PendingHold | undefined;
  #loop: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: ConsumerOptions<M>) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#metrics = options.metrics ?? noMetrics;
    this.#batch = leastBatch(options.streams, options.batch ?? DEFAULT_BATCH);
    const usual = options.backoff ?? exponentialBackoff();
    this.#backoffs = new Map(
      options.streams.map(({ key, backoff }) => [key, backoff ? exponentialBackoff(backoff) : usual]),
    );
    this.#handlerTimeoutMs = options.handlerTimeoutMs ?? DEFAULT_HANDLER_TIMEOUT_MS;
    this.#declarations = new Map(options.streams.map((declaration) => [declaration.key, declaration]));
    this.#settled = new SettledCounts(this.#metrics, options.group);
    this.#gathering = createGathering(options.gatherMs ?? 0, this.#stopping.signal);
    this.#settler = createSettler({
      broker: options.broker,
      group: options.group,
      logger: this.#logger,
      metrics: this.#metrics,
    });
  }

  async start(): Promise<void> {
    const { broker, group, consumer } = this.#options;
    const streams = [...this.#declarations.keys()];
    await ensureGroups(broker, streams, group);
    this.#settled.begin(streams);
    if (this.#stopping.signal.aborted) return;
    this.#reader = new GroupReader({
      ...{ broker, group, slot: consumer, streams, count: this.#batch },
      maxDeliveries: (stream) => this.#maxDeliveries(stream),
    });
    this.#loop = this.#run(this.#reader);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#beginUntil = performance.now() + STOP_BEGIN_MS;
    this.#stopping.abort();
    await this.#reader?.close();
    await this.#loop;
    const giveUp = setTimeout(() => this.#settler.abandon(), STOP_SETTLE_MS);
    await this.#settler.room(1);
    if (this.#reader && this.#options.broker.status().connected) {
      // The broker may have delivered to the blocked read that was just ended.
      const leftovers = await this.#reader.takeLeftovers().catch(() => undefined);
      if (leftovers) await this.#process(leftovers);
    }
    await this.#settler.room(1);
    clearTimeout(giveUp);
  }

  async #run(reader: GroupReader): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#gathering.due();
        await this.#settler.room(reader.needsAllSettled ? 1 : this.#batch);
        if (signal.aborted) return;
        await this.#process(await reader.take());
      } catch (error) {
        if (signal.aborted || error instanceof BrokerClosedError) return;
        this.#logger.warn({ group: this.#options.group, err: error }, 'reading failed, trying again');
        await pause(AFTER_FAILED_READ_MS * Math.random(), signal);
      }
    }
  }

  async #process(taken: Taken): Promise<void> {
    if (taken.entries.length === 0) return;
    this.#gathering.took(taken.entries.length >= this.#batch);
    const hold = holdPending(this.#options.broker, this.#options.group, taken, this.#logger);
    this.#hold = hold;
    try {
      await this.#handle(taken);
    } finally {
      hold.end();
      this.#settled.flush();
    }
  }

  async #handle(taken: Taken): Promise<void> {
    const { group } = this.#options;
    const byStream = Map.groupBy(taken.entries, ({ stream }) => stream);
    const opened = [...byStream].map(([stream, entries]) => {
      this.#metrics.observe('batchSize', { stream, group }, entries.length);
      if (taken.redelivered) this.#metrics.increment('redelivered', { stream, group }, entries.length);
      return this.#open(entries, taken.consumer);
    });
    if (isBatchHandlers(this.#options.handlers)) {
      await this.#handleBatches(opened.flat(), taken.consumer);
    } else {
      await Promise.all(opened.map((deliveries) => this.#handleEach(deliveries, taken.consumer)));
    }
  }

  /** Opens entries; settles at once what needs no handler. */
  #open(entries: readonly TakenEntry[], consumer: string): Delivery<M>[] {
    const { broker, codec, group } = this.#options;
    const nowMs = broker.serverNowMs();
    const deliveries: Delivery<M>[] = [];
    for (const taken of entries) {
      const maxDeliveries = this.#maxDeliveries(taken.stream);
      const opened = openEntry(taken, { codec, group, consumer, nowMs, maxDeliveries });
      if (opened.kind === 'message') deliveries.push(opened.delivery);
      else this.#settleUnhandled(taken, opened, consumer);
    }
    return deliveries;
  }

  #settleUnhandled(
    { stream, entry }: TakenEntry,
    opened: Exclude<Opened<M>, { kind: 'message' }>,
    consumer: string,
  ): void {
    const { group } = this.#options;
    if (opened.kind === 'skip') {
      if (opened.why === 'deleted') this.#metrics.increment('lostPending', { stream, group }, 1);
      this.#hold?.release(stream, entry.id);
      this.#settler.add(consumer, [{ stream, entryId: entry.id, step: { kind: 'ack', publish: [] } }]);
      return;
    }
    const { reason, error, json, history, partial } = opened;
    const step = deadLetterStep(json, history, reason, error);
    this.#settle(consumer, { stream, entryId: entry.id, step });
    this.#report(new Error(error), {
      stream,
      entryId: entry.id,
      reason,
      attempt: history.length + 1,
      head: partial,
    });
  }

  async #handleEach(deliveries: readonly Delivery<M>[], consumer: string): Promise<void> {
    const stream = deliveries[0]?.stream ?? '';
    const concurrency = this.#declarations.get(stream)?.concurrency ?? this.#options.concurrency ?? 1;
    const queue = deliveries.values();
    const work = async (): Promise<void> => {
      for (const delivery of queue) {
        // What is not begun stays pending and is delivered again.
        if (performance.now() > this.#beginUntil) return;
        await this.#handleOne(delivery, consumer);
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, deliveries.length) }, work));
  }

  async #handleOne(delivery: Delivery<M>, consumer: string): Promise<void> {
    const { handlers, group } = this.#options;
    if (isBatchHandlers(handlers)) return;
    const { stream, message } = delivery;
    const handler = Object.hasOwn(handlers, message.type) ? handlers[message.type] : undefined;
    if (handler === undefined) {
      const outcome = deadLetter('unknown_type', `group '${group}' has no handler for '${message.type}'`);
      this.#finish(delivery, { outcome, durationMs: 0 }, consumer);
      return;
    }
    const handled = await runWithin(this.#handlerTimeoutMs, (signal) => handler(delivery, signal));
    this.#observeHandler(stream, message.type, handled);
    this.#finish(delivery, this.#endOf(handled, delivery), consumer);
  }

  /** First attempts in one call; messages tried before one by one, so that a bad one does not take others along. */
  async #handleBatches(deliveries: readonly Delivery<M>[], consumer: string): Promise<void> {
    const first = deliveries.filter(({ attempt }) => attempt === 1);
    if (first.length > 0) await this.#handleBatch(first, consumer);
    for (const delivery of deliveries) {
      if (delivery.attempt > 1) await this.#handleBatch([delivery], consumer);
    }
  }

  async #handleBatch(deliveries: readonly Delivery<M>[], consumer: string): Promise<void> {
    const { handlers } = this.#options;
    if (!isBatchHandlers(handlers)) return;
    const handled = await runWithin(this.#handlerTimeoutMs, async (signal) => {
      const messages: Delivered<M>[] = [...deliveries];
      const outcomes = await handlers.batch(messages, signal);
      if (outcomes.length === deliveries.length) return outcomes;
      throw new Error(`the handler returned ${outcomes.length} outcomes for ${deliveries.length} messages`);
    });
    for (const stream of new Set(deliveries.map((delivery) => delivery.stream))) {
      this.#observeHandler(stream, 'batch', handled);
    }
    for (const [i, delivery] of deliveries.entries()) {
      const one: Handled<Outcome> =
        handled.kind === 'done'
          ? { ...handled, value: handled.value[i] ?? deadLetter('no_outcome') }
          : handled;
      this.#finish(delivery, this.#endOf(one, delivery), consumer);
    }
  }

  #endOf(handled: Handled<Outcome>, { stream, entryId, attempt, message }: Delivery<M>): AttemptEnd {
    if (handled.kind === 'done') return { outcome: handled.value, durationMs: handled.durationMs };
    const ids = this.#options.codec.idsOf?.(message);
    this.#report(handled.cause, { stream, entryId, reason: handled.kind, attempt, head: message }, ids);
    const outcome: Outcome = { kind: 'retry', afterMs: undefined, error: handled.error };
    return { outcome, durationMs: handled.durationMs, failure: handled.kind };
  }

  #finish(delivery: Delivery<M>, end: AttemptEnd, consumer: string): void {
    const { broker, codec, group } = this.#options;
    const declaration = this.#declarations.get(delivery.stream);
    const settlement = settlementOf(delivery, end, {
      codec,
      consumer,
      backoff: this.#backoffs.get(delivery.stream) ?? exponentialBackoff(),
      maxDeliveries: this.#maxDeliveries(delivery.stream),
      onlyGroup: (declaration?.groups.length ?? 0) > 1 ? group : '',
      nowMs: broker.serverNowMs(),
      random: Math.random(),
    });
    this.#settle(consumer, settlement, delivery.message);
  }

  #settle(consumer: string, settlement: Settlement, message?: M): void {
    const { group, codec } = this.#options;
    const { stream, entryId, step } = settlement;
    this.#settled.add(stream, step.kind);
    if (step.kind === 'dead_letter') {
      const { reason, error } = step;
      this.#metrics.increment('deadLetters', { stream, group, reason }, 1);
      const ids = message && codec.idsOf?.(message);
      this.#logger.warn({ ...ids, stream, group, entryId, reason, error }, 'message dead-lettered');
    }
    this.#hold?.release(stream, entryId);
    this.#settler.add(consumer, [settlement]);
  }

  #observeHandler(stream: string, type: string, { durationMs }: { durationMs: number }): void {
    const labels = { stream, group: this.#options.group, type };
    this.#metrics.observe('handlerDuration', labels, durationMs / 1000);
  }

  #report(error: unknown, failure: ConsumerFailure, ids: object = {}): void {
    const { group, onError } = this.#options;
    this.#logger.warn(
      { ...ids, group, ...failure, head: undefined, type: failure.head?.type, err: error },
      'attempt failed',
    );
    onError?.(error, failure);
  }

  #maxDeliveries(stream: string): number {
    const declared = this.#declarations.get(stream)?.maxDeliveries;
    return declared ?? this.#options.maxDeliveries ?? DEFAULT_MAX_DELIVERIES;
  }
}
