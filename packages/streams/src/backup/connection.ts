// One connection of a backup. Unlike a broker's it is not replaced when it is lost: what was learnt on it (which keys
// changed, that writes are held) would be lost with it, so the backup ends.
import { addressOf, type Client, connectClient } from '../client.ts';
import { setDeadline } from '../deadline.ts';
import { BrokerTimeoutError } from '../errors.ts';
import type { Arg, Reply } from '../replies.ts';
import { asString } from '../replies.ts';
import { parseServerInfo } from '../server-info.ts';

const CONNECT_TIMEOUT_MS = 5000;
const ANSWER_TIMEOUT_MS = 30_000;

export interface Connection {
  readonly address: string;
  readonly kind: string;
  readonly version: string;
  /** The server's number of this connection, where it tells. */
  readonly id: number | undefined;
  /** Sends one command; texts in the answer are Buffers. Rejects as Broker.call does, with a deadline of 30 s. */
  ask(command: string, ...args: (Arg | Buffer)[]): Promise<Reply>;
  subscribe(channel: string, listener: (payload: unknown) => void): Promise<void>;
  close(): void;
}

/** Connects, as CLIENT LIST then shows it under `name`. Rejects with BrokerUnavailableError or BrokerAuthError. */
export async function connect(url: string, name: string): Promise<Connection> {
  const client = await connectClient({ url, name }, CONNECT_TIMEOUT_MS, new AbortController().signal);
  client.onEnd(() => undefined);
  const ask = (command: string, ...args: (Arg | Buffer)[]): Promise<Reply> =>
    withDeadline(client, command, client.sendBytes(command, args));
  const { kind, version } = parseServerInfo(asString(await ask('INFO', 'server')));
  return {
    address: addressOf(url),
    kind,
    version,
    id: client.id,
    ask,
    subscribe: (channel, listener) => withDeadline(client, 'SUBSCRIBE', client.subscribe(channel, listener)),
    close: () => client.destroy(),
  };
}

async function withDeadline<T>(client: Client, command: string, answer: Promise<T>): Promise<T> {
  const overdue = Promise.withResolvers<never>();
  const callOff = setDeadline(ANSWER_TIMEOUT_MS, () => {
    client.destroy();
    overdue.reject(
      new BrokerTimeoutError(`the broker did not answer ${command} within ${ANSWER_TIMEOUT_MS} ms`),
    );
  });
  try {
    return await Promise.race([answer, overdue.promise]);
  } finally {
    callOff();
  }
}
