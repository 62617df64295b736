// One connection of a backup. Unlike a broker's it is not replaced when it is lost: what was learnt on it (which keys
// changed, that writes are held) would be lost with it, so the backup ends.
import { addressOf, connectClient } from '../client.ts';
import { type Arg, asString, type Reply } from '../replies.ts';
import { parseServerInfo } from '../server-info.ts';

const CONNECT_TIMEOUT_MS = 5000;
/** A connection that is asked something and gets no answer at all for this long is dead. */
const SILENCE_MAX_MS = 30_000;
const LOOK_EVERY_MS = 1000;

export interface Connection {
  readonly address: string;
  readonly kind: string;
  readonly version: string;
  /** The server's number of this connection, where it tells. */
  readonly id: number | undefined;
  /**
   * Sends one command; texts in the answer are Buffers. Rejects with BrokerReplyError, or with BrokerUnavailableError when the
   * connection ends; it ends when it is silent for 30 s.
   */
  ask(command: string, ...args: (Arg | Buffer)[]): Promise<Reply>;
  subscribe(channel: string, listener: (payload: unknown) => void): Promise<void>;
  close(): void;
}

/** Connects, as CLIENT LIST then shows it under `name`. Rejects with BrokerUnavailableError or BrokerAuthError. */
export async function connect(url: string, name: string): Promise<Connection> {
  const client = await connectClient({ url, name }, CONNECT_TIMEOUT_MS, new AbortController().signal);
  let waiting = 0;
  let heard = { replies: client.replies(), at: performance.now() };
  // One look at all that is asked: a deadline for each of a hundred thousand questions costs more than they do.
  const watch = setInterval(() => {
    const replies = client.replies();
    if (waiting === 0 || replies !== heard.replies) heard = { replies, at: performance.now() };
    else if (performance.now() - heard.at > SILENCE_MAX_MS) client.destroy();
  }, LOOK_EVERY_MS);
  watch.unref();
  client.onEnd(() => clearInterval(watch));
  const watched = async <T>(answer: Promise<T>): Promise<T> => {
    waiting += 1;
    try {
      return await answer;
    } finally {
      waiting -= 1;
    }
  };
  const ask = (command: string, ...args: (Arg | Buffer)[]): Promise<Reply> =>
    watched(client.sendBytes(command, args));
  const { kind, version } = parseServerInfo(asString(await ask('INFO', 'server')));
  return {
    address: addressOf(url),
    kind,
    version,
    id: client.id,
    ask,
    subscribe: (channel, listener) => watched(client.subscribe(channel, listener)),
    close: () => client.destroy(),
  };
}
