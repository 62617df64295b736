// What was sent to a station and what it handled, kept outside the heap so that its growth is the clients' alone.

const ROOM = 2_000_000;
const [ASKED, APPENDED] = [1, 2];

/** How a message number stands. */
export type Sent = 'never' | 'unknown' | 'appended';

export class Book {
  readonly #sent = new Uint8Array(ROOM);
  readonly #handled = new Uint8Array(ROOM);
  #next = 0;

  /** The number of a message that is about to be sent. */
  open(): number {
    const number = this.#next;
    if (number >= ROOM) throw new RangeError(`a book has room for ${ROOM} messages`);
    this.#next += 1;
    this.#sent[number] = ASKED;
    return number;
  }

  /** The broker said that it has the message. */
  appended(number: number): void {
    this.#sent[number] = APPENDED;
  }

  handled(number: number): void {
    this.#handled[number] = Math.min(255, (this.#handled[number] ?? 0) + 1);
  }

  /** How many numbers were given out. */
  get size(): number {
    return this.#next;
  }

  sent(number: number): Sent {
    const state = this.#sent[number];
    return state === APPENDED ? 'appended' : state === ASKED ? 'unknown' : 'never';
  }

  timesHandled(number: number): number {
    return this.#handled[number] ?? 0;
  }
}

/** A fingerprint of a sequence of texts, that does not grow with it. */
export class Sequence {
  length = 0;
  #hash = 0;

  add(text: string): void {
    this.length += 1;
    for (let at = 0; at < text.length; at += 1) {
      this.#hash = (Math.imul(this.#hash, 31) + text.charCodeAt(at)) | 0;
    }
  }

  equals(other: Sequence): boolean {
    return this.length === other.length && this.#hash === other.#hash;
  }
}
