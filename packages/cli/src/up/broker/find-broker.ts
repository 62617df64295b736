// The broker for `nova-torch up`: the one that NOVA_BROKER_URL names, or one of our own, from the first choice that works.
import { assertServerUsable, openBroker } from '@nova-torch/streams';
import { BROKER_CHOICES, type ChoiceContext, type Offer } from './broker-choices.ts';
import { brokerPassword, endLeftover, noteEnded, noteRunning, openBrokerHome } from './broker-home.ts';
import { superviseBroker } from './supervised-broker.ts';

export interface FindBrokerOptions {
  /** NOVA_HOME: a broker of our own keeps its data in its `broker` directory. */
  home: string;
  env: NodeJS.ProcessEnv;
  /** Hears, a line each, what a person who waits should know. */
  log(line: string): void;
  /** Hears why a broker of our own ended by itself; it is being started again, with its data, on its port. */
  onCrash(reason: string): void;
}

export interface FoundBroker {
  /** With its password: not for people's eyes. */
  readonly url: string;
  /** `redis`, `valkey` or `dragonfly`. */
  readonly kind: string;
  /** For a person, without secrets. */
  readonly describe: string;
  /** It is ours: started here, and ended by stop(). */
  readonly owned: boolean;
  /** Of our own broker's process. */
  readonly pid: number | undefined;
  /** Ends a broker of our own, its data saved, and waits; leaves another one alone. Idempotent. */
  stop(): Promise<void>;
}

/** There is no broker to be had, or not the one that was asked for. `hint` says what to type. */
export class BrokerChoiceError extends Error {
  override readonly name = 'BrokerChoiceError';
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

const INSTALL_HINT = `Do one of these, then start again:
  Debian, Ubuntu   sudo apt-get install redis-server
  macOS            brew install redis
  Docker           start its engine; the image is NOVA_BROKER_IMAGE, or Dragonfly
  Dragonfly        put the dragonfly program on PATH (https://www.dragonflydb.io/docs)
  a broker you run NOVA_BROKER_URL=redis://user:password@host:6379`;

/**
 * Finds the broker, in this order: NOVA_BROKER_URL, a `dragonfly` program, Docker, `valkey-server`, `redis-server`,
 * and on Debian or Ubuntu, as root, redis-server from apt-get. Rejects with BrokerChoiceError when there is none.
 */
export async function findBroker(options: FindBrokerOptions): Promise<FoundBroker> {
  const { home, env, log } = options;
  if (env.NOVA_BROKER_URL) return useBroker(env.NOVA_BROKER_URL);
  const brokerDir = openBrokerHome(home);
  const password = brokerPassword(brokerDir);
  await endLeftover(brokerDir, password);
  const context: ChoiceContext = { brokerDir, password, env, log };
  const reasons: string[] = [];
  for (const choice of BROKER_CHOICES) {
    const offer = await choice(context);
    if ('none' in offer) {
      reasons.push(offer.none);
      continue;
    }
    try {
      return await startOwn(offer, options, brokerDir);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log(`${offer.what} does not work here: ${reason}`);
      reasons.push(`${offer.what} does not work here`);
    }
  }
  throw new BrokerChoiceError(`no broker found: ${reasons.join('; ')}`, INSTALL_HINT);
}

async function startOwn(offer: Offer, options: FindBrokerOptions, brokerDir: string): Promise<FoundBroker> {
  const { onCrash, log } = options;
  const broker = await superviseBroker({
    start: offer.start,
    onCrash,
    onRestarted: () => log('the broker is running again, with its data'),
  });
  const stop = async (): Promise<void> => {
    await broker.stop();
    noteEnded(brokerDir);
  };
  noteRunning(brokerDir, broker.port);
  try {
    const { kind, version } = await inspect(broker.url);
    return {
      url: broker.url,
      kind,
      describe: `${kind} ${version} on 127.0.0.1:${broker.port} (${offer.what}), data in ${offer.dir}`,
      owned: true,
      get pid() {
        return broker.pid;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function useBroker(url: string): Promise<FoundBroker> {
  const remedy =
    'Set NOVA_BROKER_URL to redis://[user:password@]host:port (rediss: for TLS), or take it away.';
  if (!URL.canParse(url)) throw new BrokerChoiceError('NOVA_BROKER_URL is not an address', remedy);
  const { protocol, hostname } = new URL(url);
  if ((protocol !== 'redis:' && protocol !== 'rediss:') || hostname === '') {
    throw new BrokerChoiceError(
      `NOVA_BROKER_URL begins with ${protocol}//${hostname}, not with redis://host`,
      remedy,
    );
  }
  try {
    const { kind, version, address } = await inspect(url);
    return {
      url,
      kind,
      describe: `${kind} ${version} at ${address} (NOVA_BROKER_URL)`,
      owned: false,
      pid: undefined,
      stop: async () => undefined,
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BrokerChoiceError(`the broker of NOVA_BROKER_URL cannot be used: ${reason}`, remedy);
  }
}

/** Checks, by trying, that the server does what the services rely on. */
async function inspect(url: string): Promise<{ kind: string; version: string; address: string }> {
  const broker = await openBroker({ url, name: 'nova-torch up' });
  try {
    const { kind, version } = await assertServerUsable(broker);
    return { kind, version, address: broker.address };
  } finally {
    await broker.close();
  }
}
