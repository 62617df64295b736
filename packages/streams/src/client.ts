// The only place in the repository that constructs an ioredis client.
//
// A client lives for one connection: when that ends it is dropped and a new one is made (link.ts), because a client
// that reconnects by itself may re-send what was in flight, or leave its promises unsettled.
import { Redis } from 'ioredis';
import { setDeadline } from './deadline.ts';
import { BrokerAuthError, BrokerReplyError, BrokerUnavailableError, errorText } from './errors.ts';
import type { Arg, Command, Reply } from './replies.ts';

export interface Client {
  /** The server's number of this connection (CLIENT ID), or undefined where it does not tell. */
  readonly id: number | undefined;
  /** Sends one command; what is sent in one turn of the event loop goes out in one write. */
  send(command: string, args: readonly Arg[]): Promise<Reply>;
  /**
   * Sends commands in one write. Resolves with what each was answered, a BrokerReplyError for an error; rejects if
   * the connection went away before all were answered.
   */
  sendAll(commands: readonly Command[]): Promise<Reply[]>;
  /**
   * Like `send`, for arguments and answers that need not be text: every text in the answer is a Buffer.
   */
  sendBytes(command: string, args: readonly (Arg | Buffer)[]): Promise<Reply>;
  /**
   * Listens on a channel. From now on the connection takes no other command but PING and further subscriptions. The
   * listener gets what was published: a Buffer, or a list of Buffers for what the server itself says.
   */
  subscribe(channel: string, listener: (payload: unknown) => void): Promise<void>;
  /** How many replies have arrived: a connection that gets none is dead, however open its socket looks. */
  replies(): number;
  /** Called once, with the reason, when the connection is gone. Everything in flight has been rejected by then. */
  onEnd(listener: (reason: Error) => void): void;
  /** Closes the socket at once, without waiting for the peer. */
  destroy(): void;
}

export interface ClientTarget {
  readonly url: string;
  /** Shown by CLIENT LIST. */
  readonly name: string;
}

/** The broker's address without credentials. */
export function addressOf(url: string): string {
  if (!URL.canParse(url)) return url.startsWith('/') ? url : 'an unreadable URL';
  const parsed = new URL(url);
  return `${parsed.protocol}//${parsed.host}${parsed.pathname === '/' ? '' : parsed.pathname}`;
}

/**
 * Opens one connection, ready for commands: authenticated, and the server has loaded its data.
 * Rejects within `timeoutMs`, not counting time in which this process was held up, or when `signal` fires, with
 * BrokerUnavailableError or BrokerAuthError.
 */
export async function connectClient(
  target: ClientTarget,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Client> {
  signal.throwIfAborted();
  const redis = construct(target, timeoutMs);
  const client = new RedisClient(redis);
  let failure: Error | undefined;
  redis.on('error', (error: Error) => {
    failure = error;
  });
  const given = Promise.withResolvers<never>();
  given.promise.catch(() => {});
  const giveUp = (): void => {
    given.reject(
      new BrokerUnavailableError(signal.aborted ? 'given up' : `no answer within ${timeoutMs} ms`),
    );
  };
  const callOff = setDeadline(timeoutMs, giveUp);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await Promise.race([redis.connect(), given.promise]);
    // PING is refused while the server loads its snapshot or needs a password.
    const ready = Promise.all([
      client.send('PING', []),
      client.send('CLIENT', ['ID']).catch(() => undefined),
    ]);
    const [, id] = await Promise.race([ready, given.promise]);
    client.id = typeof id === 'number' ? id : undefined;
    return client;
  } catch (error) {
    client.destroy();
    throw connectError(failure ?? error, target);
  } finally {
    callOff();
    signal.removeEventListener('abort', giveUp);
  }
}

function construct({ url, name }: ClientTarget, timeoutMs: number): Redis {
  return new Redis(url, {
    protocol: 2,
    lazyConnect: true,
    // Only if our own deadline is never judged: it is not later than twice the time.
    connectTimeout: 2 * timeoutMs + 1_000,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    disableClientInfo: true,
    connectionName: name.replace(/[^\w.:-]/g, '-'),
    keepAlive: 10_000,
    noDelay: true,
  });
}

function connectError(error: unknown, target: ClientTarget): Error {
  const address = addressOf(target.url);
  const text = errorText(error);
  if (/^(-?)(NOAUTH|WRONGPASS|NOPERM)|invalid password|authentication required/i.test(text)) {
    return new BrokerAuthError(
      `${address} refused the credentials (${text}). Put the right user and password into the broker URL: redis://user:password@host:port`,
      { cause: error },
    );
  }
  return new BrokerUnavailableError(
    `${address} cannot be reached (${text}). Start the broker there, or point the broker URL at one that runs`,
    { cause: error },
  );
}

class RedisClient implements Client {
  id: number | undefined;
  readonly #redis: Redis;
  #replies = 0;
  #corked = false;
  #reason = new BrokerUnavailableError('the connection to the broker was closed');
  #ended = false;
  #endListener: ((reason: Error) => void) | undefined;

  constructor(redis: Redis) {
    this.#redis = redis;
    redis.on('error', (error: Error) => {
      this.#reason = lostConnection(error);
    });
    redis.on('end', () => {
      this.#ended = true;
      this.#endListener?.(this.#reason);
    });
  }

  send(command: string, args: readonly Arg[]): Promise<Reply> {
    this.#cork();
    return this.#counted(this.#redis.call(command, [...args]));
  }

  async sendAll(commands: readonly Command[]): Promise<Reply[]> {
    this.#cork();
    const pipeline = this.#redis.pipeline();
    for (const [command, ...args] of commands) pipeline.call(command, args);
    const results = (await pipeline.exec()) ?? [];
    return results.map(([error, reply]) => {
      if (error === null) {
        this.#replies += 1;
        return reply;
      }
      const translated = this.#translate(error);
      if (translated instanceof BrokerUnavailableError) throw translated;
      return translated;
    });
  }

  sendBytes(command: string, args: readonly (Arg | Buffer)[]): Promise<Reply> {
    this.#cork();
    return this.#counted(this.#redis.callBuffer(command, [...args]));
  }

  async subscribe(channel: string, listener: (payload: unknown) => void): Promise<void> {
    this.#redis.on('messageBuffer', (name: Buffer, payload: unknown) => {
      if (name.toString() === channel) listener(payload);
    });
    await this.#counted(this.#redis.subscribe(channel));
  }

  replies(): number {
    return this.#replies;
  }

  onEnd(listener: (reason: Error) => void): void {
    this.#endListener = listener;
    if (this.#ended) listener(this.#reason);
  }

  destroy(): void {
    this.#redis.disconnect();
    this.#redis.stream?.destroy();
  }

  async #counted(answer: Promise<unknown>): Promise<Reply> {
    try {
      const reply = await answer;
      this.#replies += 1;
      return reply;
    } catch (error) {
      throw this.#translate(error);
    }
  }

  #cork(): void {
    const { stream } = this.#redis;
    if (this.#corked || stream === undefined) return;
    this.#corked = true;
    stream.cork();
    process.nextTick(() => {
      this.#corked = false;
      stream.uncork();
    });
  }

  #translate(error: unknown): BrokerReplyError | BrokerUnavailableError {
    if (!(error instanceof Error) || error.name !== 'ReplyError') return lostConnection(error);
    this.#replies += 1;
    return new BrokerReplyError(error.message);
  }
}

function lostConnection(error: unknown): BrokerUnavailableError {
  return new BrokerUnavailableError(`the connection to the broker was lost: ${errorText(error)}`);
}
