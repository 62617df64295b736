// Keeps one connection to the broker open.
//
// 1. A call waits for the connection if there is none, never longer than its deadline, and not at all after `stopWaiting`.
// 2. A call that was sent is never sent again: its effect is unknown, so it is rejected when the connection goes.
// 3. A connection on which a call ran out of time without a single reply arriving meanwhile is dead: it is replaced.
// 4. After `close` nothing is left: no socket, no timer, no unsettled promise.
import type { Client } from './client.ts';
import { setDeadline } from './deadline.ts';
import { BrokerClosedError, BrokerTimeoutError, BrokerUnavailableError } from './errors.ts';
import type { StreamsLogger } from './logger.ts';
import type { Arg, Command, Reply } from './replies.ts';

/** Reconnect delays in ms: they stay under 200 so that work resumes within a second of the broker's return. */
const RECONNECT_DELAYS_MS = [10, 25, 50, 100, 150] as const;
const RECONNECT_JITTER_MS = 40;
/** Calls that may wait for a connection at once. */
const WAITING_MAX = 10_000;

export interface LinkOptions {
  readonly name: string;
  /** Opens one connection; must settle within a deadline of its own, and at once when the signal fires. */
  readonly connect: (signal: AbortSignal) => Promise<Client>;
  /** Called for each new connection, after the calls that waited were sent on it. */
  readonly onUp?: () => void;
  /** Called when a connection is gone, with the server's number of it. */
  readonly onDown?: (reason: Error, clientId: number | undefined) => void;
  readonly logger: StreamsLogger;
}

export interface Link {
  readonly connected: boolean;
  readonly clientId: number | undefined;
  /** Sends one command; settles within `deadlineMs`, not counting time in which this process was held up. */
  send(command: string, args: readonly Arg[], deadlineMs: number): Promise<Reply>;
  /** Sends commands in one write; resolves with what each was answered, a BrokerReplyError for an error. */
  sendAll(commands: readonly Command[], deadlineMs: number): Promise<Reply[]>;
  /** Takes over a connection that is already open. */
  adopt(client: Client): void;
  /** Starts connecting, without waiting. */
  open(): void;
  /** The connection is about to be ended on purpose: its end is no loss, and no new one is made. */
  expectEnd(): void;
  /** From here on no call waits for a connection: those that do reject now. */
  stopWaiting(): void;
  /** Drops the present connection; a new one is made. */
  replace(): void;
  close(): void;
}

export function createLink(options: LinkOptions): Link {
  return new KeptLink(options);
}

type Waiter = { send(client: Client): void; reject(error: Error): void };

class KeptLink implements Link {
  readonly #options: LinkOptions;
  readonly #waiters = new Set<Waiter>();
  readonly #inFlight = new Set<(error: Error) => void>();
  #client: Client | undefined;
  readonly #stop = new AbortController();
  #closed = false;
  #connecting = false;
  #endExpected = false;
  #mayWait = true;
  #failures = 0;
  #retryTimer: NodeJS.Timeout | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get connected(): boolean {
    return this.#client !== undefined;
  }

  get clientId(): number | undefined {
    return this.#client?.id;
  }

  open(): void {
    if (this.#closed || this.#connecting || this.#client || this.#retryTimer) return;
    void this.#connect();
  }

  adopt(client: Client): void {
    if (this.#closed) {
      client.destroy();
      return;
    }
    this.#client = client;
    client.onEnd((reason) => {
      if (this.#client === client) this.#lost(reason);
    });
    if (this.#client === undefined) return;
    this.#failures = 0;
    for (const waiter of this.#waiters) waiter.send(client);
    this.#waiters.clear();
    this.#options.onUp?.();
  }

  send(command: string, args: readonly Arg[], deadlineMs: number): Promise<Reply> {
    return this.#within(deadlineMs, command, (client) => client.send(command, args));
  }

  sendAll(commands: readonly Command[], deadlineMs: number): Promise<Reply[]> {
    return this.#within(deadlineMs, `a batch of ${commands.length}`, (client) => client.sendAll(commands));
  }

  #within<T>(deadlineMs: number, what: string, dispatch: (client: Client) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new BrokerClosedError(`${this.#options.name} is closed`));
    return new Promise((resolve, reject) => {
      let sentOn: Client | undefined;
      let repliesBefore = 0;
      const settle = (): void => {
        callOff();
        this.#waiters.delete(waiter);
        this.#inFlight.delete(fail);
      };
      const fail = (error: Error): void => {
        settle();
        reject(error);
      };
      const waiter: Waiter = {
        reject: fail,
        send: (client) => {
          sentOn = client;
          repliesBefore = client.replies();
          this.#inFlight.add(fail);
          dispatch(client).then((reply) => {
            settle();
            resolve(reply);
          }, fail);
        },
      };
      const expire = (): void => {
        if (sentOn === undefined) {
          fail(new BrokerUnavailableError(`no connection to the broker for ${deadlineMs} ms (${what})`));
          return;
        }
        const silent = sentOn.replies() === repliesBefore;
        fail(new BrokerTimeoutError(`${what} was not answered within ${deadlineMs} ms`));
        if (silent && this.#client === sentOn) this.replace();
      };
      const callOff = setDeadline(deadlineMs, expire);
      this.#dispatch(waiter);
    });
  }

  #dispatch(waiter: Waiter): void {
    if (this.#client) {
      waiter.send(this.#client);
    } else if (!this.#mayWait) {
      waiter.reject(this.#notWaited());
    } else if (this.#waiters.size >= WAITING_MAX) {
      const text = `no connection to the broker, and ${WAITING_MAX} calls wait already`;
      waiter.reject(new BrokerUnavailableError(text));
    } else {
      this.#waiters.add(waiter);
      this.open();
    }
  }

  expectEnd(): void {
    this.#endExpected = true;
  }

  stopWaiting(): void {
    this.#mayWait = false;
    for (const waiter of this.#waiters) waiter.reject(this.#notWaited());
  }

  #notWaited(): BrokerUnavailableError {
    return new BrokerUnavailableError(
      `no connection to the broker, and ${this.#options.name} waits for none`,
    );
  }

  replace(): void {
    const client = this.#client;
    if (client === undefined) return;
    // A dead peer never confirms the end of the socket, so what hangs on it is given up here.
    client.destroy();
    this.#lost(new BrokerUnavailableError('the connection to the broker was given up: it did not answer'));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stop.abort();
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    const client = this.#client;
    this.#client = undefined;
    client?.destroy();
    const error = new BrokerClosedError(`${this.#options.name} is closed`);
    for (const waiter of this.#waiters) waiter.reject(error);
    for (const fail of this.#inFlight) fail(error);
  }

  #lost(reason: Error): void {
    if (this.#client === undefined) return;
    const { id } = this.#client;
    this.#client = undefined;
    for (const fail of this.#inFlight) fail(reason);
    if (this.#closed || this.#endExpected) return;
    this.#options.logger.warn(
      { connection: this.#options.name, reason: reason.message },
      'broker connection lost',
    );
    this.#options.onDown?.(reason, id);
    this.#retryLater();
  }

  async #connect(): Promise<void> {
    this.#connecting = true;
    try {
      this.adopt(await this.#options.connect(this.#stop.signal));
    } catch (error) {
      this.#failures += 1;
      this.#options.logger.debug({ connection: this.#options.name, err: error }, 'broker connection failed');
    } finally {
      this.#connecting = false;
    }
    if (!this.#closed && this.#client === undefined) this.#retryLater();
  }

  #retryLater(): void {
    if (this.#closed || this.#retryTimer) return;
    const step = RECONNECT_DELAYS_MS[Math.min(this.#failures, RECONNECT_DELAYS_MS.length - 1)] ?? 150;
    this.#retryTimer = setTimeout(
      () => {
        this.#retryTimer = undefined;
        this.open();
      },
      step + Math.random() * RECONNECT_JITTER_MS,
    );
  }
}
