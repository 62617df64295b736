// Whether the broker is still the one with our data: a key of ours holds a random name. A broker that lost its data has no
// name, or another one that somebody else gave it since.
import { randomUUID } from 'node:crypto';
import type { Broker } from './broker.ts';
import type { Service } from './consumer.ts';
import { type StreamsLogger, silentLogger } from './logger.ts';
import { asString } from './replies.ts';

export interface BrokerIdentityOptions {
  readonly broker: Broker;
  /** The tag of the partition. */
  readonly tag: string;
  readonly logger?: StreamsLogger | undefined;
  /** How often the name is looked at besides after each reconnect, in ms; default 2000. */
  readonly everyMs?: number | undefined;
}

export interface BrokerIdentity extends Service {
  /** The name of the broker's data; empty before the first look. */
  readonly name: string;
  /** Looks now; gives the broker a name if it has none. True if its data are others than before. Rejects with its error. */
  look(): Promise<boolean>;
  /** Calls back, once each time, when the data are others than before. Returns what ends the subscription. */
  onChange(listener: () => void): () => void;
}

const LOOK_EVERY_MS = 2_000;

export const brokerIdentityKey = (tag: string): string => `${tag}:streams:identity`;

/** Makes the watch; it looks first when it starts. */
export function createBrokerIdentity(options: BrokerIdentityOptions): BrokerIdentity {
  const { broker, tag, logger = silentLogger, everyMs = LOOK_EVERY_MS } = options;
  const key = brokerIdentityKey(tag);
  const listeners = new Set<() => void>();
  let name = '';
  let timer: NodeJS.Timeout | undefined;
  let endListening: () => void = () => undefined;

  const look = async (): Promise<boolean> => {
    const [, reply] = await broker.batch([
      ['SET', key, randomUUID(), 'NX'],
      ['GET', key],
    ]);
    const found = asString(reply);
    const before = name;
    name = found;
    if (before === '' || before === found) return false;
    logger.warn(
      { broker: broker.address, before, now: found },
      'another broker answers, or it lost its data',
    );
    for (const listener of listeners) listener();
    return true;
  };
  const lookQuietly = (): void => {
    look().catch((err: unknown) => logger.debug({ err }, 'the identity of the broker could not be read'));
  };
  return {
    get name() {
      return name;
    },
    look,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async start() {
      if (timer !== undefined) return;
      timer = setInterval(lookQuietly, everyMs).unref();
      endListening = broker.on('reconnected', lookQuietly);
      await look();
    },
    async stop() {
      clearInterval(timer);
      timer = undefined;
      endListening();
    },
  };
}
