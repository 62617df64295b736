import { addressOf, type Client, connectClient } from './client.ts';
import { BrokerAuthError, BrokerReplyError, BrokerUnavailableError } from './errors.ts';
import { sharedTag } from './hash-tag.ts';
import { createLink, type Link } from './link.ts';
import { type StreamsLogger, silentLogger } from './logger.ts';
import { createReader, type Reader } from './reader.ts';
import { type Arg, asTimeMs, type Command, type Reply } from './replies.ts';
import type { Script, ScriptInput } from './script.ts';
import { ServerClock } from './server-clock.ts';
import { parseServerInfo, type ServerInfo, unknownServer } from './server-info.ts';

export interface BrokerOptions {
  readonly url: string;
  /** Who connects, as CLIENT LIST shows it. */
  readonly name: string;
  readonly logger?: StreamsLogger | undefined;
  /** Deadline of every command in ms, 2000 by default. */
  readonly commandTimeoutMs?: number | undefined;
}

export interface BrokerStatus {
  readonly connected: boolean;
  readonly kind: string;
  readonly version: string;
  /** Changes when the server is another process than before. */
  readonly runId: string;
  /** Open connections by purpose: `main`, and each reader's. */
  readonly connections: Record<string, number>;
}

export type BrokerEvent = 'reconnected' | 'lost';

export interface Broker {
  /** The address without user and password. */
  readonly address: string;
  /**
   * Sends one command. Waits for a lost connection to come back, never longer than the deadline. Rejects with
   * BrokerReplyError, BrokerTimeoutError, BrokerUnavailableError or BrokerClosedError.
   */
  call(command: string, ...args: Arg[]): Promise<Reply>;
  /** Sends commands in one round trip, in order; rejects with the first error, after all of them were answered. */
  batch(commands: readonly Command[]): Promise<Reply[]>;
  /** Runs a script. Rejects with CrossTagError, before anything is sent, if its keys do not share a hash tag. */
  run<R>(script: Script<R>, input: ScriptInput): Promise<R>;
  /** Opens a connection of its own for one blocking reader; `close` it when done. */
  openReader(purpose: string): Reader;
  /** The server's clock, Unix ms: the local clock plus the difference measured last. */
  serverNowMs(): number;
  status(): BrokerStatus;
  /** Tells when the main connection is lost or back. Returns what ends the subscription. */
  on(event: BrokerEvent, listener: () => void): () => void;
  /** From here on no call waits for a lost connection to come back: for whoever is about to end. */
  stopWaiting(): void;
  /** Closes every connection; what is in flight rejects. May be called again. */
  close(): Promise<void>;
}

const CLOCK_SAMPLE_MS = 30_000;
const CONNECT_TIMEOUT_MS = 1000;
/** Lost connections of a reader that are remembered until they are ended at the server. */
const LOST_READERS_MAX = 8;

/**
 * Connects to the broker and measures its clock. Tries for as long as a command may take; then rejects with
 * BrokerUnavailableError, or at once with BrokerAuthError, both saying what to do.
 */
export async function openBroker(options: BrokerOptions): Promise<Broker> {
  const broker = new ConnectedBroker(options);
  await broker.connect();
  return broker;
}

class ConnectedBroker implements Broker {
  readonly address: string;
  readonly #options: BrokerOptions;
  readonly #logger: StreamsLogger;
  readonly #timeoutMs: number;
  readonly #main: Link;
  readonly #readers = new Map<Reader, { purpose: string; link: Link }>();
  readonly #listeners = { reconnected: new Set<() => void>(), lost: new Set<() => void>() };
  readonly #stop = new AbortController();
  #server: ServerInfo = unknownServer;
  #lostMain: { readonly clientId: number; readonly runId: string } | undefined;
  readonly #clock = new ServerClock();
  #clockTimer: NodeJS.Timeout | undefined;
  #everConnected = false;
  #mayWait = true;

  constructor(options: BrokerOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#timeoutMs = options.commandTimeoutMs ?? 2000;
    this.address = addressOf(options.url);
    this.#main = createLink({
      name: `${options.name} main`,
      logger: this.#logger,
      connect: (signal) => this.#connectMain(signal),
      onUp: () => {
        if (this.#everConnected) this.#emit('reconnected');
        this.#everConnected = true;
      },
      onDown: (_reason, clientId) => {
        if (clientId !== undefined) this.#lostMain = { clientId, runId: this.#server.runId };
        this.#emit('lost');
      },
    });
  }

  async connect(): Promise<void> {
    const giveUpAt = performance.now() + this.#timeoutMs;
    for (;;) {
      try {
        this.#main.adopt(await this.#connectMain(this.#stop.signal));
        break;
      } catch (error) {
        if (error instanceof BrokerAuthError || performance.now() > giveUpAt) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    this.#clockTimer = setInterval(() => {
      this.#measureClock().catch((err) =>
        this.#logger.debug({ err }, 'could not read the clock of the broker'),
      );
    }, CLOCK_SAMPLE_MS);
    this.#clockTimer.unref();
  }

  call(command: string, ...args: Arg[]): Promise<Reply> {
    return this.#main.send(command, args, this.#timeoutMs);
  }

  async batch(commands: readonly Command[]): Promise<Reply[]> {
    if (commands.length === 0) return [];
    const replies = await this.#main.sendAll(commands, this.#timeoutMs);
    for (const reply of replies) if (reply instanceof BrokerReplyError) throw reply;
    return replies;
  }

  async run<R>(script: Script<R>, { keys, args }: ScriptInput): Promise<R> {
    sharedTag(keys);
    const rest: Arg[] = [keys.length, ...keys, ...args];
    let reply: Reply;
    try {
      reply = await this.#main.send('EVALSHA', [script.sha, ...rest], this.#timeoutMs);
    } catch (error) {
      if (!(error instanceof BrokerReplyError) || error.code !== 'NOSCRIPT') throw error;
      reply = await this.#main.send('EVAL', [script.source, ...rest], this.#timeoutMs);
    }
    return script.parse(reply);
  }

  openReader(purpose: string): Reader {
    const name = `${this.#options.name} ${purpose}`;
    /** Connections lost here, and the run of the server they were to. */
    const lost = new Map<number, string>();
    let runId = '';
    const link = createLink({
      name,
      logger: this.#logger,
      connect: async (signal) => {
        const client = await connectClient({ url: this.#options.url, name }, CONNECT_TIMEOUT_MS, signal);
        // Known before it is used: if the server is a newer one than we know, the number is never used.
        runId = this.#server.runId;
        return client;
      },
      onDown: (_reason, clientId) => {
        if (clientId !== undefined) lost.set(clientId, runId);
        const [oldest] = lost.keys();
        if (lost.size > LOST_READERS_MAX && oldest !== undefined) lost.delete(oldest);
      },
    });
    const killAtServer = async (clientId: number): Promise<void> => {
      if (!this.#main.connected) return;
      await this.#endAtServer(clientId).catch((err) => {
        this.#logger.debug({ connection: name, err }, 'could not end a reader at the broker');
      });
    };
    const endLost = async (): Promise<void> => {
      for (const [clientId, runIdThen] of lost) {
        while (!this.#main.connected) await this.call('PING');
        // Another run of the server gives the same numbers to other clients.
        if (runIdThen !== '' && runIdThen === this.#server.runId) await this.#endAtServer(clientId);
        lost.delete(clientId);
      }
    };
    const reader = createReader(link, killAtServer, endLost, () => this.#readers.delete(reader));
    this.#readers.set(reader, { purpose, link });
    if (!this.#mayWait) link.stopWaiting();
    if (this.#stop.signal.aborted) link.close();
    else link.open();
    return reader;
  }

  serverNowMs(): number {
    return Date.now() + this.#clock.offsetMs;
  }

  status(): BrokerStatus {
    const connections: Record<string, number> = { main: this.#main.connected ? 1 : 0 };
    for (const { purpose, link } of this.#readers.values()) {
      connections[purpose] = (connections[purpose] ?? 0) + (link.connected ? 1 : 0);
    }
    return { connected: this.#main.connected, ...this.#server, connections };
  }

  on(event: BrokerEvent, listener: () => void): () => void {
    this.#listeners[event].add(listener);
    return () => this.#listeners[event].delete(listener);
  }

  stopWaiting(): void {
    this.#mayWait = false;
    this.#main.stopWaiting();
    for (const { link } of this.#readers.values()) link.stopWaiting();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    clearInterval(this.#clockTimer);
    for (const { link } of this.#readers.values()) link.close();
    this.#readers.clear();
    this.#main.close();
    this.#listeners.lost.clear();
    this.#listeners.reconnected.clear();
  }

  async #connectMain(signal: AbortSignal): Promise<Client> {
    const target = { url: this.#options.url, name: `${this.#options.name} main` };
    const client = await connectClient(target, CONNECT_TIMEOUT_MS, signal);
    const silent = Promise.withResolvers<never>();
    const timer = setTimeout(
      () =>
        silent.reject(
          new BrokerUnavailableError(`${this.address} accepted the connection but does not answer`),
        ),
      this.#timeoutMs,
    );
    try {
      const [info] = await Promise.race([
        Promise.all([client.send('INFO', ['server']).catch(() => ''), this.#measureClock(client)]),
        silent.promise,
      ]);
      this.#server = parseServerInfo(info);
      await Promise.race([this.#endLostMain(client), silent.promise]);
      return client;
    } catch (error) {
      client.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Ends the main connection lost before, which the server may not know of: a command that was sent on it and comes
   * out of the network only now would be applied after what follows it.
   */
  async #endLostMain(client: Client): Promise<void> {
    const lost = this.#lostMain;
    if (lost === undefined) return;
    // Another run of the server gives the same numbers to other clients.
    if (lost.runId !== '' && lost.runId === this.#server.runId) {
      await client.send('CLIENT', ['KILL', 'ID', lost.clientId]).catch((error) => {
        // Gone already, or a server that does not end single connections.
        if (!(error instanceof BrokerReplyError)) throw error;
      });
    }
    this.#lostMain = undefined;
  }

  async #endAtServer(clientId: number): Promise<void> {
    try {
      await this.call('CLIENT', 'KILL', 'ID', clientId);
    } catch (error) {
      // Gone already, or a server that does not end single connections.
      if (!(error instanceof BrokerReplyError)) throw error;
    }
  }

  async #measureClock(client?: Client): Promise<void> {
    const sentAt = Date.now();
    const serverMs = asTimeMs(await (client ? client.send('TIME', []) : this.call('TIME')));
    const receivedAt = Date.now();
    if (Number.isFinite(serverMs)) this.#clock.take(sentAt, serverMs, receivedAt);
  }

  #emit(event: BrokerEvent): void {
    this.#logger.info({ broker: this.address, event }, `broker connection ${event}`);
    for (const listener of this.#listeners[event]) listener();
  }
}
