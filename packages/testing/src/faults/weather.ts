// One direction of a proxied connection: bytes in the order they came, later or slower as the weather says.
import type { Socket } from 'node:net';

/** What the network between a client and the broker is like at the moment. */
export interface Weather {
  /** How much later each piece of data arrives, in ms. */
  delayMs: number;
  /** How many bytes pass per second and direction; undefined for no limit. */
  bytesPerSecond: number | undefined;
  /** Nothing passes, and nobody is told. */
  isSilent: boolean;
}

/** What may wait in one direction before its source is not read any more. */
const HELD_BYTES_MAX = 1024 * 1024;
/** Of a slow line, so much arrives at once at most. */
const SLOW_PIECES_PER_SECOND = 20;

export class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #weather: Weather;
  #held: { readonly piece: Buffer; readonly dueAt: number }[] = [];
  #heldBytes = 0;
  #lastDueAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #isFull = false;

  constructor(from: Socket, to: Socket, weather: Weather) {
    this.#from = from;
    this.#to = to;
    this.#weather = weather;
  }

  /** Passes data on, now or when it is due. */
  push(chunk: Buffer): void {
    const { bytesPerSecond } = this.#weather;
    if (bytesPerSecond === undefined) {
      this.#hold(chunk, 0);
    } else {
      const size = Math.max(1, Math.floor(bytesPerSecond / SLOW_PIECES_PER_SECOND));
      for (let at = 0; at < chunk.length; at += size) {
        const piece = chunk.subarray(at, at + size);
        this.#hold(piece, (piece.length / bytesPerSecond) * 1000);
      }
    }
    this.#passDue();
  }

  /** The weather has changed: what waits is due by the new one. */
  weatherChanged(): void {
    const { delayMs, bytesPerSecond } = this.#weather;
    if (delayMs === 0 && bytesPerSecond === undefined) {
      this.#held = this.#held.map(({ piece }) => ({ piece, dueAt: 0 }));
      this.#lastDueAt = 0;
    }
    this.#passDue();
  }

  /** Forgets what waits. */
  end(): void {
    clearTimeout(this.#timer);
    this.#held = [];
    this.#heldBytes = 0;
  }

  #hold(piece: Buffer, takesMs: number): void {
    const dueAt = Math.max(this.#lastDueAt, performance.now() + this.#weather.delayMs) + takesMs;
    this.#lastDueAt = dueAt;
    this.#held.push({ piece, dueAt: takesMs === 0 && this.#weather.delayMs === 0 ? 0 : dueAt });
    this.#heldBytes += piece.length;
    if (this.#heldBytes > HELD_BYTES_MAX) this.#from.pause();
  }

  #passDue(): void {
    clearTimeout(this.#timer);
    if (this.#weather.isSilent) return;
    for (;;) {
      const head = this.#held[0];
      if (head === undefined) break;
      const waitMs = head.dueAt - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#passDue(), waitMs);
        break;
      }
      this.#held.shift();
      this.#heldBytes -= head.piece.length;
      this.#write(head.piece);
    }
    if (this.#heldBytes <= HELD_BYTES_MAX && !this.#isFull) this.#from.resume();
  }

  #write(piece: Buffer): void {
    if (this.#to.destroyed || this.#to.writableEnded) return;
    if (this.#to.write(piece) || this.#isFull) return;
    this.#isFull = true;
    this.#from.pause();
    this.#to.once('drain', () => {
      this.#isFull = false;
      this.#from.resume();
    });
  }
}
