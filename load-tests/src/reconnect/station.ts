// One client with everything this package offers: it sends work to all stations, does its own, follows what it has done,
// asks questions and answers them. All of it through one connection for writes and three blocking ones.
import {
  ack,
  type Broker,
  type ConsumerSlot,
  createConsumer,
  createDelayedPromoter,
  createFeedReader,
  createProducer,
  createReclaimer,
  createRequester,
  type Delivered,
  FIRST_ID,
  leaseConsumerSlot,
  type Outcome,
  openBroker,
  type Producer,
  type Requester,
  replyOutgoing,
  retry,
  type Service,
} from '@nova-torch/streams';
import { type Book, Sequence } from './book.ts';
import { type HeldUp, nowMs } from './held-up.ts';
import type { PromiseWatch } from './promise-watch.ts';
import type { LateMessage, Pause } from './recovery.ts';
import {
  doneStream,
  GROUP,
  QUESTION,
  type SoakMessage,
  soakCodec,
  soakMessage,
  stationName,
  TAG,
  WORK,
  workStream,
} from './soak-message.ts';

const COMMAND_MS = 2_000;
/** A command has its deadline, and as long again where the process was held up; the rest is for a busy machine. */
const COMMAND_SETTLES_MS = 2 * COMMAND_MS + 500;
const REQUEST_MS = 2_000;
const SEND_EVERY_MS = 50;
const ASK_EVERY_MS = 250;
const RETRY_AFTER_MS = 20;
const RECLAIM_EVERY_MS = 1_000;
const OUTSTANDING_MAX = 500;
/** Every so many messages: a batch, a message that has to be tried again. */
const [BATCH_EVERY, RETRY_EVERY, BATCH_SIZE] = [10, 50, 5];
/** A station that handled nothing for so long made a pause. */
const PAUSE_MS = 250;
/** A message handled so long after it was appended was forgotten meanwhile. */
export const LATE_MS = 2_000;

export interface StationOptions {
  readonly number: number;
  readonly url: string;
  /** The books of all stations, by number. */
  readonly books: readonly Book[];
  readonly promises: PromiseWatch;
  readonly heldUp: HeldUp;
}

export class Station {
  readonly pauses: Pause[] = [];
  readonly late: LateMessage[] = [];
  /** The entry ids the feed handed out. */
  readonly followed = new Sequence();
  gaps = 0;
  handled = 0;
  redelivered = 0;
  isSending = false;
  readonly #options: StationOptions;
  readonly #parts: Service[];
  readonly #broker: Broker;
  readonly #slot: ConsumerSlot;
  readonly #producer: Producer<SoakMessage>;
  readonly #requester: Requester<SoakMessage>;
  readonly #timers: NodeJS.Timeout[] = [];
  #lastAt = 0;
  #outstanding = 0;
  #sent = 0;

  static async open(options: StationOptions): Promise<Station> {
    const name = stationName(options.number);
    const broker = await openBroker({ url: options.url, name, commandTimeoutMs: COMMAND_MS });
    const slot = await leaseConsumerSlot(broker, { tag: TAG, group: GROUP, service: name, instance: name });
    const station = new Station(options, broker, slot);
    for (const part of station.#parts) await part.start();
    return station;
  }

  private constructor(options: StationOptions, broker: Broker, slot: ConsumerSlot) {
    const { number } = options;
    this.#options = options;
    this.#broker = broker;
    this.#slot = slot;
    this.#producer = createProducer(broker, soakCodec);
    this.#requester = createRequester({ broker, codec: soakCodec, tag: TAG, instance: stationName(number) });
    const work = { key: workStream(number), kind: 'work', groups: [GROUP] } as const;
    this.#parts = [
      createConsumer<SoakMessage>({
        broker,
        codec: soakCodec,
        group: GROUP,
        consumer: slot,
        streams: [work],
        handlers: {
          [WORK]: (delivered) => this.#work(delivered),
          [QUESTION]: (delivered) =>
            ack([replyOutgoing(delivered, soakMessage(QUESTION, delivered.message.payload.n))]),
        },
      }),
      createDelayedPromoter({ broker, streams: [work] }),
      createFeedReader<SoakMessage>({
        broker,
        codec: soakCodec,
        feeds: [
          {
            key: doneStream(number),
            from: FIRST_ID,
            onMessages: (messages) => {
              for (const { entryId } of messages) this.followed.add(entryId);
            },
            onGap: async () => {
              this.gaps += 1;
              return FIRST_ID;
            },
          },
        ],
      }),
      this.#requester,
    ];
    const reclaimer = createReclaimer({ broker, group: GROUP, streams: [work], slot });
    this.#every(SEND_EVERY_MS, () => this.#send());
    this.#every(ASK_EVERY_MS, () => this.#ask());
    this.#every(RECLAIM_EVERY_MS, () =>
      this.#watch('reclaimer.runOnce', 10 * COMMAND_SETTLES_MS, reclaimer.runOnce()),
    );
  }

  get broker(): Broker {
    return this.#broker;
  }

  /** Sends work from now on, or not any more. */
  send(isSending: boolean): void {
    this.isSending = isSending;
    this.#lastAt = isSending ? nowMs() : 0;
  }

  /** Everything it asked for has settled. */
  get isQuiet(): boolean {
    return this.#outstanding === 0;
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    for (const part of this.#parts) await part.stop();
    await this.#slot.stop();
    await this.#broker.close();
  }

  #every(ms: number, act: () => unknown): void {
    this.#timers.push(setInterval(() => void act(), ms));
  }

  async #watch<T>(kind: string, limitMs: number, promise: Promise<T>): Promise<T | undefined> {
    this.#outstanding += 1;
    const value = await this.#options.promises.watch(kind, limitMs, promise);
    this.#outstanding -= 1;
    return value;
  }

  #work({ message, attempt, entryId, history }: Delivered<SoakMessage>): Outcome<SoakMessage> {
    const { number, books } = this.#options;
    const { n } = message.payload;
    this.#mark();
    if (attempt > 1 && history.at(-1)?.outcome === 'lost') this.redelivered += 1;
    const appended = { station: number, n, fromMs: Number(entryId.split('-')[0]), toMs: Date.now() };
    if (appended.toMs - appended.fromMs > LATE_MS) this.late.push(appended);
    if (n % RETRY_EVERY === 0 && attempt === 1) return retry({ afterMs: RETRY_AFTER_MS });
    this.handled += 1;
    books[number]?.handled(n);
    return ack([{ stream: doneStream(number), message }]);
  }

  #mark(): void {
    const at = nowMs();
    if (this.#lastAt > 0 && at - this.#lastAt > PAUSE_MS) {
      this.pauses.push({ station: this.#options.number, fromMs: this.#lastAt, toMs: at });
    }
    if (this.isSending) this.#lastAt = at;
  }

  async #send(): Promise<void> {
    if (!this.isSending || this.#outstanding > OUTSTANDING_MAX) return;
    const { number, books } = this.#options;
    this.#sent += 1;
    const target = (number + this.#sent) % books.length;
    const book = books[target];
    if (book === undefined) return;
    const stream = workStream(target);
    const numbers = Array.from({ length: this.#sent % BATCH_EVERY === 0 ? BATCH_SIZE : 1 }, () =>
      book.open(),
    );
    const messages = numbers.map((n) => ({ stream, message: soakMessage(WORK, n) }));
    const [first] = messages;
    const appended =
      messages.length === 1 && first
        ? this.#watch('publish', COMMAND_SETTLES_MS, this.#producer.publish(stream, first.message))
        : this.#watch('publishAll', COMMAND_SETTLES_MS, this.#producer.publishAll(messages));
    if ((await appended) !== undefined) for (const n of numbers) book.appended(n);
  }

  async #ask(): Promise<void> {
    if (!this.isSending) return;
    const { number, books } = this.#options;
    const request = this.#requester.request(
      workStream((number + 1) % books.length),
      soakMessage(QUESTION, number),
      { timeoutMs: REQUEST_MS },
    );
    await this.#watch('request', REQUEST_MS + 500, request);
    await this.#watch('call', COMMAND_SETTLES_MS, this.#broker.call('PING'));
  }
}
