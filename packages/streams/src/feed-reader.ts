// Follows feeds from the id a snapshot was taken at, all of them by one blocked read.
//
// 1. Messages of a feed are handed out in its order, one batch at a time.
// 2. When entries may have been missed (trimmed before they were read, data lost, a batch not handled), the owner of
//    the read model reloads its snapshot and says where to go on; nothing is handed out in between.
import type { Broker } from './broker.ts';
import type { Service } from './consumer.ts';
import { BrokerClosedError } from './errors.ts';
import { hasGap } from './feed-gap.ts';
import { createGathering, type Gathering } from './gathering.ts';
import { sharedTag } from './hash-tag.ts';
import { type StreamsLogger, silentLogger } from './logger.ts';
import { type Codec, FIELD, type MessageHead } from './message.ts';
import { pause } from './pause.ts';
import type { Reader } from './reader.ts';
import { asStreamEntries, type StreamEntry } from './replies.ts';

export interface FeedMessage<M extends MessageHead> {
  readonly message: M;
  readonly entryId: string;
}

export interface Feed<M extends MessageHead> {
  readonly key: string;
  /** The entry id the snapshot was taken at; `0-0` for a feed that had no entry then. */
  readonly from: string;
  onMessages(messages: FeedMessage<M>[]): Promise<void> | void;
  /** Reloads the snapshot and returns the entry id it was taken at. Called again, after a pause, if it rejects. */
  onGap(): Promise<string>;
}

export interface FeedReaderOptions<M extends MessageHead> {
  readonly broker: Broker;
  readonly codec: Codec<M>;
  /** Feeds that share one hash tag. */
  readonly feeds: readonly Feed<M>[];
  /**
   * How far apart reads are kept while entries come, in ms, 0 by default: what comes meanwhile is taken together. What
   * comes after a quiet time is taken at once.
   */
  readonly gatherMs?: number | undefined;
  readonly logger?: StreamsLogger | undefined;
}

const BLOCK_MS = 1000;
const COUNT = 256;
/** How long a feed may be followed without looking for a gap, in ms. */
const GAP_CHECK_MS = 1000;
const AFTER_FAILURE_MS = 100;
const AFTER_FAILED_RELOAD_MS = 500;

/** Makes a feed reader. Throws CrossTagError if its feeds do not share a hash tag. */
export function createFeedReader<M extends MessageHead>(options: FeedReaderOptions<M>): Service {
  sharedTag(options.feeds.map(({ key }) => key));
  let running: RunningFeedReader<M> | undefined;
  return {
    async start() {
      running ??= new RunningFeedReader(options);
    },
    async stop() {
      await running?.stop();
      running = undefined;
    },
  };
}

interface Position<M extends MessageHead> {
  readonly feed: Feed<M>;
  id: string;
  /** When the feed was last found without a gap; 0 to look at the next chance. */
  checkedAt: number;
  /** The snapshot is to be reloaded, not before this moment; nothing is read until it was. */
  reloadAt: number | undefined;
}

class RunningFeedReader<M extends MessageHead> {
  readonly #options: FeedReaderOptions<M>;
  readonly #logger: StreamsLogger;
  readonly #reader: Reader;
  readonly #positions: Map<string, Position<M>>;
  readonly #stopping = new AbortController();
  readonly #gathering: Gathering;
  readonly #loop: Promise<void>;

  constructor(options: FeedReaderOptions<M>) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#positions = new Map(
      options.feeds.map((feed) => [feed.key, { feed, id: feed.from, checkedAt: 0, reloadAt: undefined }]),
    );
    this.#gathering = createGathering(options.gatherMs ?? 0, this.#stopping.signal);
    this.#reader = options.broker.openReader('feeds');
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#reader.close();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#gathering.due();
        for (const position of this.#positions.values()) await this.#closeGap(position);
        const readable = [...this.#positions.values()].filter(({ reloadAt }) => reloadAt === undefined);
        if (readable.length > 0) await this.#readOnce(readable);
        else await pause(AFTER_FAILURE_MS, signal);
      } catch (error) {
        if (signal.aborted || error instanceof BrokerClosedError) return;
        for (const position of this.#positions.values()) position.checkedAt = 0;
        this.#logger.warn({ err: error }, 'following feeds failed, trying again');
        await pause(AFTER_FAILURE_MS * Math.random(), signal);
      }
    }
  }

  async #readOnce(positions: readonly Position<M>[]): Promise<void> {
    const args = ['COUNT', COUNT, 'BLOCK', BLOCK_MS, 'STREAMS'];
    const keys = positions.map(({ feed }) => feed.key);
    const ids = positions.map(({ id }) => id);
    const read = asStreamEntries(await this.#reader.read('XREAD', [...args, ...keys, ...ids], BLOCK_MS));
    if (read.length > 0) this.#gathering.took(read.some(({ entries }) => entries.length >= COUNT));
    for (const { stream, entries } of read) {
      if (this.#stopping.signal.aborted) return;
      const position = this.#positions.get(stream);
      if (position) await this.#handOut(position, entries);
    }
  }

  async #handOut(position: Position<M>, entries: readonly StreamEntry[]): Promise<void> {
    const { feed } = position;
    // Looked for after the read: what was still there then had not been trimmed before it.
    if (entries.length >= COUNT || performance.now() - position.checkedAt > GAP_CHECK_MS) {
      position.checkedAt = 0;
      if (await this.#closeGap(position)) return;
    }
    const messages = this.#decode(feed.key, entries);
    try {
      if (messages.length > 0) await feed.onMessages(messages);
      position.id = entries.at(-1)?.id ?? position.id;
    } catch (error) {
      this.#logger.error(
        { feed: feed.key, err: error },
        'a batch of a feed was not handled, reloading the snapshot',
      );
      position.reloadAt = 0;
    }
  }

  /** Reloads the snapshot if entries may have been missed; true if what was read is to be read again. */
  async #closeGap(position: Position<M>): Promise<boolean> {
    const { broker } = this.#options;
    const { feed } = position;
    if (position.reloadAt === undefined) {
      if (position.checkedAt !== 0) return false;
      if (!(await hasGap(broker, feed.key, position.id))) {
        position.checkedAt = performance.now();
        return false;
      }
      position.reloadAt = 0;
    }
    if (performance.now() < position.reloadAt) return true;
    try {
      const id = await feed.onGap();
      this.#logger.info({ feed: feed.key, from: position.id, to: id }, 'snapshot of a feed reloaded');
      position.id = id;
      position.reloadAt = undefined;
      position.checkedAt = performance.now();
    } catch (error) {
      this.#logger.warn({ feed: feed.key, err: error }, 'the snapshot of a feed could not be reloaded');
      position.reloadAt = performance.now() + AFTER_FAILED_RELOAD_MS;
    }
    return true;
  }

  #decode(feed: string, entries: readonly StreamEntry[]): FeedMessage<M>[] {
    const messages: FeedMessage<M>[] = [];
    for (const { id, fields } of entries) {
      const decoded = this.#options.codec.decode(fields[FIELD.message] ?? '');
      if (decoded.ok) messages.push({ message: decoded.message, entryId: id });
      else this.#logger.error({ feed, entryId: id, error: decoded.error }, 'a feed entry does not parse');
    }
    return messages;
  }
}
