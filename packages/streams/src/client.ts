// The only place in the repository that constructs an ioredis client.
//
// A client lives for one connection: when that ends it is dropped and a new one is made (link.ts), because a client
// that reconnects by itself may re-send what was in flight, or leave its promises unsettled.
import { Redis } from 'ioredis';
import { BrokerAuthError, BrokerReplyError, BrokerUnavailableError, errorText } from './errors.ts';
import type { Arg, Reply } from './replies.ts';

export interface Client {
  /** The server's number of this connection (CLIENT ID), or undefined where it does not tell. */
  readonly id: number | undefined;
  /** Sends one command; what is sent in one turn of the event loop goes out in one write. */
  send(command: string, args: readonly Arg[]): Promise<Reply>;
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
 * Rejects within `timeoutMs`, or when `signal` fires, with BrokerUnavailableError or BrokerAuthError.
 */
export async function connectClient(
  target: ClientTarget,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Client> {
  signal.throwIfAborted();
  const redis = construct(target, timeoutMs);
  const client = wrap(redis);
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
  const timer = setTimeout(giveUp, timeoutMs);
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
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
  }
}

function construct({ url, name }: ClientTarget, timeoutMs: number): Redis {
  return new Redis(url, {
    protocol: 2,
    lazyConnect: true,
    connectTimeout: timeoutMs,
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

function wrap(redis: Redis): { -readonly [K in keyof Client]: Client[K] } {
  let replies = 0;
  let corked = false;
  let reason = new BrokerUnavailableError('the connection to the broker was closed');
  let ended = false;
  let endListener: ((reason: Error) => void) | undefined;
  redis.on('error', (error: Error) => {
    reason = new BrokerUnavailableError(`the connection to the broker was lost: ${errorText(error)}`);
  });
  redis.on('end', () => {
    ended = true;
    endListener?.(reason);
  });

  const uncork = (): void => {
    corked = false;
    redis.stream.uncork();
  };
  const cork = (): void => {
    if (corked || redis.stream === undefined) return;
    corked = true;
    redis.stream.cork();
    process.nextTick(uncork);
  };
  const translate = (error: unknown): never => {
    if (isReplyError(error)) {
      replies += 1;
      throw new BrokerReplyError(errorText(error));
    }
    throw new BrokerUnavailableError(`the connection to the broker was lost: ${errorText(error)}`);
  };
  return {
    id: undefined,
    send(command, args) {
      cork();
      return redis.call(command, [...args]).then((reply) => {
        replies += 1;
        return reply;
      }, translate);
    },
    replies: () => replies,
    onEnd(listener) {
      endListener = listener;
      if (ended) listener(reason);
    },
    destroy() {
      redis.disconnect();
      redis.stream?.destroy();
    },
  };
}

function isReplyError(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}
