// A TCP proxy in front of a broker that fails on demand: what a client sees when a network, a host or a broker does.
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../free-port.ts';
import {
  CONNECTION_FAULTS,
  Connection,
  type ConnectionFault,
  type ProxiedConnection,
} from './proxied-connection.ts';
import type { Weather } from './weather.ts';

export interface FaultProxyOptions {
  /** Port of the broker on this machine. */
  readonly port: number;
  /**
   * How long the broker goes on serving a client that vanished or fell silent, in ms: what its keep-alive would take.
   * Default 5,000.
   */
  readonly ghostMs?: number;
  /** Told of each connection that a fault struck, at that moment. */
  readonly onHit?: (fault: ConnectionFault, connection: ProxiedConnection) => void;
}

/** Which connections a fault strikes; default all. */
export interface Choice {
  /** Only those whose name (CLIENT SETNAME) matches. */
  readonly name?: RegExp | undefined;
  /** Only one of them, the oldest for 0, the newest for 0.999…: a number of a fault schedule. */
  readonly pick?: number | undefined;
}

export interface FaultProxy {
  readonly port: number;
  readonly url: string;
  /** Connections that clients hold open now, oldest first. */
  readonly connections: readonly ProxiedConnection[];
  /** How many connections each fault has struck. */
  readonly hits: Readonly<Record<ConnectionFault, number>>;
  /**
   * Strikes connections, and returns how many. `lose-reply` and `cut-in-reply` strike when the broker next answers,
   * `late-command` when the client next sends; connections that a fault is waiting for, or that fell silent, are left out.
   */
  hit(fault: ConnectionFault, choice?: Choice): number;
  /** Everything arrives `ms` later, in both directions, until `heal`. */
  delay(ms: number): void;
  /** So many bytes per second pass on each connection, in each direction, until `heal`. */
  throttle(bytesPerSecond: number): void;
  /** Nothing passes and nobody is told, on new connections neither; what was sent arrives after `heal`. */
  silence(): void;
  /** New connections are refused until `heal`; open ones stay. */
  refuse(): Promise<void>;
  /** Ends delay, throttle, silence and refusal. What struck single connections stays. */
  heal(): Promise<void>;
  /** Closes everything. Idempotent. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const GHOST_MS = 5_000;

/** Starts a proxy on a free loopback port. */
export async function createFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = new TcpFaultProxy(options, await freePort());
  await proxy.open();
  return proxy;
}

class TcpFaultProxy implements FaultProxy {
  readonly hits: Record<ConnectionFault, number>;
  readonly port: number;
  readonly #options: FaultProxyOptions;
  readonly #weather: Weather = { delayMs: 0, bytesPerSecond: undefined, isSilent: false };
  readonly #connections = new Set<Connection>();
  #server: Server | undefined;
  #isClosed = false;

  constructor(options: FaultProxyOptions, port: number) {
    this.#options = options;
    this.port = port;
    this.hits = {
      cut: 0,
      close: 0,
      vanish: 0,
      'half-open': 0,
      'late-command': 0,
      'lose-reply': 0,
      'cut-in-reply': 0,
    };
  }

  get url(): string {
    return `redis://${HOST}:${this.port}`;
  }

  get connections(): readonly ProxiedConnection[] {
    return [...this.#connections].filter(({ isOpen }) => isOpen);
  }

  /** Listens on its port, again too. */
  async open(): Promise<void> {
    const server = createServer((socket) => this.#accept(socket));
    server.listen(this.port, HOST);
    await once(server, 'listening');
    this.#server = server;
  }

  hit(fault: ConnectionFault, { name, pick }: Choice = {}): number {
    const whole = [...this.#connections].filter(
      (connection) => connection.isWhole && (name === undefined || name.test(connection.name)),
    );
    const chosen = pick === undefined ? whole : whole.slice(Math.floor(pick * whole.length)).slice(0, 1);
    for (const connection of chosen) connection.hit(fault);
    return chosen.length;
  }

  delay(ms: number): void {
    this.#setWeather({ delayMs: ms });
  }

  throttle(bytesPerSecond: number): void {
    this.#setWeather({ bytesPerSecond });
  }

  silence(): void {
    this.#setWeather({ isSilent: true });
  }

  async refuse(): Promise<void> {
    // Stops to listen at once; its event waits for open connections.
    this.#server?.close();
    this.#server = undefined;
  }

  async heal(): Promise<void> {
    this.#setWeather({ delayMs: 0, bytesPerSecond: undefined, isSilent: false });
    if (this.#server === undefined && !this.#isClosed) await this.open();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const closed = this.#server && once(this.#server, 'close');
    this.#server?.close();
    this.#server = undefined;
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  #setWeather(weather: Partial<Weather>): void {
    Object.assign(this.#weather, weather);
    for (const connection of this.#connections) connection.weatherChanged();
  }

  #accept(client: Socket): void {
    const connection = new Connection({
      client,
      broker: { host: HOST, port: this.#options.port },
      weather: this.#weather,
      ghostMs: this.#options.ghostMs ?? GHOST_MS,
      onHit: (fault, struck) => {
        this.hits[fault] += 1;
        this.#options.onHit?.(fault, struck);
      },
      onGone: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
  }
}

/** What `strikeProxy` can do: what befalls connections, and what lasts for a while. */
export type ProxyFault = ConnectionFault | 'delay' | 'throttle' | 'silence' | 'refuse';

/** How strong a lasting fault of `strikeProxy` is. */
export interface ProxyFaultStrength {
  /** Default 200. */
  readonly delayMs?: number;
  /** Default 20,000. */
  readonly bytesPerSecond?: number;
}

/**
 * Lets one fault of a schedule happen, and resolves when it is over: at once for what befalls connections (all, or
 * the one that `pick` chooses), after `forMs` for delay, throttle, silence and refusal. `refuse` cuts every connection
 * first: for the clients the broker is gone.
 */
export async function strikeProxy(
  proxy: FaultProxy,
  fault: { readonly kind: ProxyFault; readonly forMs: number; readonly pick?: number | undefined },
  { delayMs = 200, bytesPerSecond = 20_000 }: ProxyFaultStrength = {},
): Promise<void> {
  const { kind, forMs, pick } = fault;
  const single = CONNECTION_FAULTS.find((known) => known === kind);
  if (single !== undefined) {
    proxy.hit(single, { pick });
    return;
  }
  if (kind === 'delay') proxy.delay(delayMs);
  if (kind === 'throttle') proxy.throttle(bytesPerSecond);
  if (kind === 'silence') proxy.silence();
  if (kind === 'refuse') {
    await proxy.refuse();
    proxy.hit('cut');
  }
  try {
    await delay(forMs);
  } finally {
    await proxy.heal();
  }
}
