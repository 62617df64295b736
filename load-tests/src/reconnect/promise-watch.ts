/** What became of the promises of one kind. */
export interface PromiseTally {
  readonly made: number;
  readonly resolved: number;
  readonly rejected: number;
  readonly unsettled: number;
  readonly max_ms: number;
  /** How many took longer than they may, and the longest excess is in `max_ms`. */
  readonly late: number;
  /** Rejections by the name of their error. */
  readonly errors: Readonly<Record<string, number>>;
}

interface Kind {
  made: number;
  resolved: number;
  rejected: number;
  late: number;
  maxMs: number;
  readonly errors: Record<string, number>;
}

/** Counts promises as they are made and settle, without keeping any of them. */
export class PromiseWatch {
  readonly #kinds = new Map<string, Kind>();
  readonly #heldUpMs: (fromMs: number, toMs: number) => number;

  /** @param heldUpMs how long this process was held up between two moments of performance.now() */
  constructor(heldUpMs: (fromMs: number, toMs: number) => number) {
    this.#heldUpMs = heldUpMs;
  }

  /** Watches a promise that has to settle within `limitMs` of running time. Never rejects: undefined instead. */
  async watch<T>(kind: string, limitMs: number, promise: Promise<T>): Promise<T | undefined> {
    const tally = this.#kind(kind);
    const startedAt = performance.now();
    tally.made += 1;
    try {
      const value = await promise;
      tally.resolved += 1;
      return value;
    } catch (error) {
      tally.rejected += 1;
      const name = error instanceof Error ? error.name : String(error);
      tally.errors[name] = (tally.errors[name] ?? 0) + 1;
      return undefined;
    } finally {
      const endedAt = performance.now();
      const tookMs = endedAt - startedAt;
      tally.maxMs = Math.max(tally.maxMs, tookMs);
      if (tookMs - this.#heldUpMs(startedAt, endedAt) > limitMs) tally.late += 1;
    }
  }

  get tallies(): Record<string, PromiseTally> {
    return Object.fromEntries(
      [...this.#kinds].map(([kind, { made, resolved, rejected, late, maxMs, errors }]) => [
        kind,
        {
          made,
          resolved,
          rejected,
          unsettled: made - resolved - rejected,
          max_ms: Math.round(maxMs),
          late,
          errors,
        },
      ]),
    );
  }

  #kind(name: string): Kind {
    const known = this.#kinds.get(name);
    if (known) return known;
    const kind: Kind = { made: 0, resolved: 0, rejected: 0, late: 0, maxMs: 0, errors: {} };
    this.#kinds.set(name, kind);
    return kind;
  }
}
