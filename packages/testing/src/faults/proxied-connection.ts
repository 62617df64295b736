// One connection through the proxy: two sockets, and what a fault does to them.
import { connect, type Socket } from 'node:net';
import { Lane, type Weather } from './weather.ts';

/**
 * What can happen to a connection:
 * - `cut`: both ends get a reset.
 * - `close`: both ends are told that it ends.
 * - `vanish`: the client gets a reset, the broker hears nothing for a while and goes on serving it.
 * - `half-open`: silence for good; neither end is told.
 * - `lose-reply`: the broker's next answer is thrown away, then both ends get a reset: the command was applied.
 * - `late-command`: the client gets a reset instead of sending its next command, which reaches the broker when `ghostMs`
 *   have passed: what a network does that was parted for longer than the client waits.
 * - `cut-in-reply`: half of the broker's next answer arrives, then the connection ends.
 */
export type ConnectionFault =
  | 'cut'
  | 'close'
  | 'vanish'
  | 'half-open'
  | 'late-command'
  | 'lose-reply'
  | 'cut-in-reply';

export const CONNECTION_FAULTS: readonly ConnectionFault[] = [
  'cut',
  'close',
  'vanish',
  'half-open',
  'late-command',
  'lose-reply',
  'cut-in-reply',
];

export interface ProxiedConnection {
  /** The name the client gave itself by CLIENT SETNAME; '' before it did. */
  readonly name: string;
  readonly openedAt: number;
}

export interface ConnectionOptions {
  readonly client: Socket;
  readonly broker: { readonly host: string; readonly port: number };
  readonly weather: Weather;
  /** How long the broker keeps a connection whose client is gone without a word, in ms. */
  readonly ghostMs: number;
  /** A fault has struck. */
  readonly onHit: (fault: ConnectionFault, connection: ProxiedConnection) => void;
  /** Both ends are closed. */
  readonly onGone: () => void;
}

const NAME = /SETNAME\r\n\$\d+\r\n([^\r]+)\r\n/i;
/** A client names itself at once or never. */
const NAME_WITHIN_BYTES = 4096;

export class Connection implements ProxiedConnection {
  name = '';
  readonly openedAt = performance.now();
  readonly #options: ConnectionOptions;
  readonly #client: Socket;
  readonly #broker: Socket;
  readonly #up: Lane;
  readonly #down: Lane;
  #head = '';
  #armed: 'late-command' | 'lose-reply' | 'cut-in-reply' | undefined;
  #isSilent = false;
  readonly #resetting = new Set<Socket>();
  #ghostTimer: NodeJS.Timeout | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#client = options.client;
    this.#broker = connect({ ...options.broker, noDelay: true });
    this.#client.setNoDelay(true);
    this.#up = new Lane(this.#client, this.#broker, options.weather);
    this.#down = new Lane(this.#broker, this.#client, options.weather);
    this.#client.on('data', (chunk: Buffer) => this.#fromClient(chunk));
    this.#broker.on('data', (chunk: Buffer) => this.#fromBroker(chunk));
    for (const socket of [this.#client, this.#broker]) {
      // What follows an error is a close.
      socket.on('error', () => undefined);
      socket.on('close', () => this.#onClose(socket));
    }
  }

  /** Open for both ends, and no fault waits to strike. */
  get isWhole(): boolean {
    return !this.#isSilent && !this.#armed && !this.#client.destroyed && !this.#broker.destroyed;
  }

  get isOpen(): boolean {
    return !this.#client.destroyed;
  }

  hit(fault: ConnectionFault): void {
    if (fault === 'late-command' || fault === 'lose-reply' || fault === 'cut-in-reply') {
      this.#armed = fault;
      return;
    }
    this.#options.onHit(fault, this);
    if (fault === 'half-open') {
      this.#isSilent = true;
    } else if (fault === 'vanish') {
      this.#isSilent = true;
      this.#close(this.#client, 'reset');
    } else {
      this.#end(fault);
    }
  }

  weatherChanged(): void {
    this.#up.weatherChanged();
    this.#down.weatherChanged();
    if (this.#options.weather.isSilent || this.#isSilent) return;
    // An end that came while nothing passed is told now.
    if (this.#broker.destroyed) this.#close(this.#client, 'plainly');
    if (this.#client.destroyed) this.#close(this.#broker, 'plainly');
  }

  /** Closes both ends at once. */
  destroy(): void {
    clearTimeout(this.#ghostTimer);
    this.#up.end();
    this.#down.end();
    this.#close(this.#client, 'plainly');
    this.#close(this.#broker, 'plainly');
  }

  #end(how: 'cut' | 'close'): void {
    this.#up.end();
    this.#down.end();
    for (const socket of [this.#client, this.#broker]) {
      this.#close(socket, how === 'cut' ? 'reset' : 'plainly');
    }
  }

  /**
   * Closes a socket, by a reset where that is possible at once. One that is being reset is left alone: Node shuts it
   * down first, and closes it when that is done.
   */
  #close(socket: Socket, how: 'reset' | 'plainly'): void {
    if (this.#resetting.has(socket)) return;
    const canReset = !socket.connecting && !socket.writableEnded && socket.writableLength === 0;
    if (how === 'plainly' || !canReset || socket.destroyed) {
      socket.destroy();
      return;
    }
    this.#resetting.add(socket);
    socket.resetAndDestroy();
  }

  #fromClient(chunk: Buffer): void {
    if (this.name === '' && this.#head.length < NAME_WITHIN_BYTES) {
      this.#head += chunk.toString('latin1');
      this.name = NAME.exec(this.#head)?.[1] ?? '';
    }
    if (this.#isSilent) return;
    if (this.#armed === 'late-command') this.#deliverLate(chunk);
    else this.#up.push(chunk);
  }

  #deliverLate(chunk: Buffer): void {
    this.#options.onHit('late-command', this);
    this.#isSilent = true;
    this.#ghostTimer = setTimeout(() => this.#broker.end(chunk), this.#options.ghostMs);
    this.#ghostTimer.unref();
    this.#close(this.#client, 'reset');
  }

  #fromBroker(chunk: Buffer): void {
    if (this.#isSilent) return;
    if (this.#armed === undefined || this.#armed === 'late-command') {
      this.#down.push(chunk);
      return;
    }
    this.#options.onHit(this.#armed, this);
    if (this.#armed === 'lose-reply') {
      this.#end('cut');
      return;
    }
    this.#isSilent = true;
    this.#down.end();
    this.#close(this.#broker, 'reset');
    this.#client.write(chunk.subarray(0, Math.floor(chunk.length / 2)), () =>
      this.#close(this.#client, 'plainly'),
    );
  }

  #onClose(socket: Socket): void {
    const { weather, ghostMs, onGone } = this.#options;
    if (this.#client.destroyed && this.#broker.destroyed) {
      clearTimeout(this.#ghostTimer);
      this.#up.end();
      this.#down.end();
      onGone();
      return;
    }
    if (socket === this.#client && (this.#isSilent || weather.isSilent)) {
      this.#ghostTimer ??= setTimeout(() => this.#close(this.#broker, 'plainly'), ghostMs);
      this.#ghostTimer.unref();
    } else if (!this.#isSilent && !weather.isSilent) {
      this.#end(socket === this.#client ? 'close' : 'cut');
    }
  }
}
