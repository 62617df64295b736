// The broker's clock as seen over HTTP.
//
// Each answer tells the time at which it was written, so a sample is behind by the way back, never ahead. The largest
// difference seen lately is therefore the best; "lately", because clocks drift and are set.
const WINDOW_MS = 60_000;

export class ServerClock {
  readonly #localNowMs: () => number;
  #best: number | undefined;
  #before: number | undefined;
  #windowStartedAt = 0;

  constructor(localNowMs: () => number = Date.now) {
    this.#localNowMs = localNowMs;
  }

  /** Takes the time an answer told, at the moment it arrived. */
  sample(serverTimeMs: number): void {
    const nowMs = this.#localNowMs();
    const difference = serverTimeMs - nowMs;
    if (this.#best === undefined || Math.abs(nowMs - this.#windowStartedAt) >= WINDOW_MS) {
      this.#before = this.#best;
      this.#best = difference;
      this.#windowStartedAt = nowMs;
    } else this.#best = Math.max(this.#best, difference);
  }

  /** Unix ms of the broker; the local clock before the first sample. */
  nowMs(): number {
    return this.#localNowMs() + Math.max(this.#best ?? 0, this.#before ?? this.#best ?? 0);
  }
}
