const HOUR_MS = 3_600_000;

/** What may be spent within any hour. */
export interface HourlyLimits {
  readonly calls: number;
  readonly tokens: number;
}

/** One call that was paid for. */
export interface Spending {
  readonly atMs: number;
  tokens: number;
}

/** Counts calls and their tokens over the hour that ends now. Remembers at most `limits.calls` of them. */
export class HourlyBudget {
  readonly #limits: HourlyLimits;
  readonly #spent: Spending[] = [];
  #tokens = 0;

  constructor(limits: HourlyLimits) {
    this.#limits = limits;
  }

  /** Pays for one call with the tokens it is estimated at; undefined when that is more than is left. */
  take(tokens: number, nowMs: number): Spending | undefined {
    this.#forget(nowMs);
    const { calls, tokens: tokensMax } = this.#limits;
    if (this.#spent.length >= calls || this.#tokens + tokens > tokensMax) return undefined;
    const spending = { atMs: nowMs, tokens };
    this.#spent.push(spending);
    this.#tokens += tokens;
    return spending;
  }

  /** Puts what it really cost in the place of the estimate. That may be more than was left: the next ones wait for it. */
  correct(spending: Spending, tokens: number): void {
    if (!this.#spent.includes(spending)) return;
    this.#tokens += tokens - spending.tokens;
    spending.tokens = tokens;
  }

  /** The call was not made. */
  giveBack(spending: Spending): void {
    const at = this.#spent.indexOf(spending);
    if (at < 0) return;
    this.#spent.splice(at, 1);
    this.#tokens -= spending.tokens;
  }

  /** What was spent in the hour that ends at `nowMs`. */
  used(nowMs: number): HourlyLimits {
    this.#forget(nowMs);
    return { calls: this.#spent.length, tokens: this.#tokens };
  }

  #forget(nowMs: number): void {
    for (let [oldest] = this.#spent; oldest !== undefined; [oldest] = this.#spent) {
      if (nowMs - oldest.atMs < HOUR_MS) return;
      this.#spent.shift();
      this.#tokens -= oldest.tokens;
    }
  }
}
