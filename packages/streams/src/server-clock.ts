/** How fast two clocks may drift apart, per ms: well above what quartz does. */
const DRIFT = 100e-6;

/**
 * The server's clock as known from questions about it. Of several answers the one with the shortest way counts: half of
 * its round trip is all it can be wrong by. An answer that contradicts it tells that a clock was set, and counts at once.
 */
export class ServerClock {
  #offsetMs = 0;
  /** How much the offset may be wrong by, and when that was so (Unix ms of the local clock). */
  #errorMs = Number.POSITIVE_INFINITY;
  #atMs = 0;

  /** From local to server time, in whole ms; 0 before the first answer. */
  get offsetMs(): number {
    return Math.round(this.#offsetMs);
  }

  /** Takes an answer; times in Unix ms, those of sending and receiving by the local clock. */
  take(sentAtMs: number, serverMs: number, receivedAtMs: number): void {
    const errorMs = Math.abs(receivedAtMs - sentAtMs) / 2;
    const offsetMs = serverMs - (sentAtMs + receivedAtMs) / 2;
    const knownWithinMs = this.#errorMs + Math.abs(receivedAtMs - this.#atMs) * DRIFT;
    // A ms for the resolution of the clocks.
    const contradicts = Math.abs(offsetMs - this.#offsetMs) > errorMs + knownWithinMs + 1;
    if (errorMs > knownWithinMs && !contradicts) return;
    this.#offsetMs = offsetMs;
    this.#errorMs = errorMs;
    this.#atMs = receivedAtMs;
  }
}
