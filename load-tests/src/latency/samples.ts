/** What a set of durations looks like, in ms with three decimals. */
export interface Summary {
  count: number;
  p50: number;
  p99: number;
  max: number;
}

/** Durations in ms, kept raw. */
export class Samples {
  readonly values: number[] = [];

  add(ms: number): void {
    this.values.push(Math.round(ms * 1_000) / 1_000);
  }

  /** Nearest-rank percentiles. Throws when there is nothing to summarise. */
  get summary(): Summary {
    const sorted = [...this.values].sort((a, b) => a - b);
    const at = (share: number): number => {
      const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
      if (value === undefined) throw new RangeError('no samples');
      return value;
    };
    return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
  }
}
