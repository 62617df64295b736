// Questions over streams: the request goes to the owner's stream, the answer comes on the instance's reply stream.
//
// 1. Every request settles: with its answer, or with NoAnswerError at its deadline.
// 2. The reply stream exists before a request is sent, and goes by itself when the instance does not ask any more.
import type { Broker } from './broker.ts';
import type { Service } from './consumer.ts';
import { encodeBounded } from './encode.ts';
import { FIRST_ID } from './entry-id.ts';
import { BrokerClosedError, NoAnswerError } from './errors.ts';
import { assertBracedTag } from './hash-tag.ts';
import { type StreamsLogger, silentLogger } from './logger.ts';
import { type Codec, FIELD, type MessageHead } from './message.ts';
import { pause } from './pause.ts';
import type { Reader } from './reader.ts';
import { asStreamEntries } from './replies.ts';
import { publishRequest } from './scripts/publish-request.ts';
import { replyStreamKey } from './stream-declaration.ts';

export interface Requester<M extends MessageHead> extends Service {
  /**
   * Sends a request and waits for its answer. The sender is set to this instance, which is where the answer goes.
   * Rejects with NoAnswerError after `timeoutMs` (then the effect is unknown), PayloadTooLargeError, or the broker's
   * error.
   */
  request(stream: string, message: M, options?: { readonly timeoutMs?: number | undefined }): Promise<M>;
}

export interface RequesterOptions<M extends MessageHead> {
  readonly broker: Broker;
  readonly codec: Codec<M>;
  /** In braces; requests go to streams of this tag only. */
  readonly tag: string;
  readonly instance: string;
  /** Default deadline of a request in ms, 2000. */
  readonly timeoutMs?: number | undefined;
  readonly logger?: StreamsLogger | undefined;
}

const REPLY_STREAM_TTL_MS = 60_000;
const BLOCK_MS = 1000;
const COUNT = 256;
const AFTER_FAILURE_MS = 100;
/** Requests that may wait at once. */
const WAITING_MAX = 10_000;

/** Makes a requester; requests can be sent from `start` on. */
export function createRequester<M extends MessageHead>(options: RequesterOptions<M>): Requester<M> {
  assertBracedTag(options.tag);
  let running: RunningRequester<M> | undefined;
  return {
    async start() {
      running ??= new RunningRequester(options);
    },
    async stop() {
      await running?.stop();
      running = undefined;
    },
    async request(stream, message, { timeoutMs } = {}) {
      if (running === undefined) throw new BrokerClosedError('the requester is not started');
      return running.request(stream, message, timeoutMs ?? options.timeoutMs ?? 2000);
    },
  };
}

type Waiting<M> = { resolve(answer: M): void; reject(error: Error): void };

class RunningRequester<M extends MessageHead> {
  readonly #options: RequesterOptions<M>;
  readonly #logger: StreamsLogger;
  readonly #replies: string;
  readonly #reader: Reader;
  readonly #waiting = new Map<string, Waiting<M>>();
  readonly #stopping = new AbortController();
  readonly #loop: Promise<void>;
  #lastReadId = FIRST_ID;

  constructor(options: RequesterOptions<M>) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#replies = replyStreamKey(options.tag, options.instance);
    this.#reader = options.broker.openReader('replies');
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const error = new NoAnswerError('the requester was stopped before the answer came');
    for (const { reject } of this.#waiting.values()) reject(error);
    await this.#reader.close();
    await this.#loop;
  }

  request(stream: string, message: M, timeoutMs: number): Promise<M> {
    const request = { ...message, sender: this.#options.instance };
    const json = encodeBounded(this.#options.codec, request);
    if (this.#waiting.size >= WAITING_MAX) {
      return Promise.reject(new NoAnswerError(`${WAITING_MAX} requests wait for their answer already`));
    }
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(request.id);
      };
      const fail = (error: Error): void => {
        settle();
        reject(error);
      };
      const timer = setTimeout(() => {
        fail(new NoAnswerError(`no answer to ${request.type} within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#waiting.set(request.id, {
        reject: fail,
        resolve: (answer) => {
          settle();
          resolve(answer);
        },
      });
      this.#send(stream, json).catch(fail);
    });
  }

  async #send(stream: string, json: string): Promise<void> {
    const marker = await publishRequest(this.#options.broker, {
      replies: this.#replies,
      target: stream,
      ttlMs: REPLY_STREAM_TTL_MS,
      lastReadId: this.#lastReadId,
      json,
    });
    // A new stream begins at its marker, whatever clock the server before it had.
    if (marker !== '') this.#lastReadId = marker;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        const args = ['COUNT', COUNT, 'BLOCK', BLOCK_MS, 'STREAMS', this.#replies, this.#lastReadId];
        for (const { entries } of asStreamEntries(await this.#reader.read('XREAD', args, BLOCK_MS))) {
          for (const { fields } of entries) this.#take(fields[FIELD.message] ?? '');
          this.#lastReadId = entries.at(-1)?.id ?? this.#lastReadId;
        }
      } catch (error) {
        if (signal.aborted || error instanceof BrokerClosedError) return;
        this.#logger.warn({ err: error }, 'reading answers failed, trying again');
        await pause(AFTER_FAILURE_MS * Math.random(), signal);
      }
    }
  }

  #take(json: string): void {
    if (json === '') return;
    const decoded = this.#options.codec.decode(json);
    if (!decoded.ok) {
      this.#logger.error({ error: decoded.error }, 'an answer does not parse');
      const id = decoded.partial?.correlation_id;
      if (id !== undefined)
        this.#waiting.get(id)?.reject(new NoAnswerError(`the answer is invalid: ${decoded.error}`));
      return;
    }
    const { message } = decoded;
    if (message.correlation_id !== undefined) this.#waiting.get(message.correlation_id)?.resolve(message);
  }
}
