// How long completed tasks ran, by task type, in bounded memory.
//
// The recent mean is exponentially weighted (the exact mean until MEMORY_TASKS were seen, then each new one counts
// 1/MEMORY_TASKS). The 90th percentile comes from counts in buckets whose bounds grow by a tenth of a decade, so it is
// within 26 % of the true one; all counts are halved whenever they reach HALVE_AT, so that old tasks fade.

/** Task types remembered; the least recently used makes room. */
export const TYPES_MAX = 1_000;
const MEMORY_TASKS = 20;
const HALVE_AT = 256;
const PER_DECADE = 10;
/** The upper bound of bucket 0, in seconds. */
const SMALLEST_S = 0.001;
const BUCKETS = 91;

/** What is kept of one task type. */
export interface RunRecord {
  readonly count: number;
  /** Seconds, of all. */
  readonly mean: number;
  /** Seconds, of the last ones. */
  readonly recent: number;
  /** Counts by bucket; those left out are 0. */
  readonly buckets: Readonly<Record<number, number>>;
}

export interface RunStatistics {
  readonly count: number;
  readonly mean: number;
  readonly recentMean: number;
  /** Nine of ten took no longer, in seconds. */
  readonly p90: number;
}

const bucketOf = (seconds: number): number =>
  seconds <= SMALLEST_S ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log10(seconds / SMALLEST_S) * PER_DECADE));

/** What a record says. */
export function statisticsOf({ count, mean, recent, buckets }: RunRecord): RunStatistics {
  const counts = Object.entries(buckets).map(([bucket, n]) => [Number(bucket), n] as const);
  counts.sort(([a], [b]) => a - b);
  let left = 0.9 * counts.reduce((sum, [, n]) => sum + n, 0);
  let p90 = recent;
  for (const [bucket, n] of counts) {
    p90 = SMALLEST_S * 10 ** (bucket / PER_DECADE);
    left -= n;
    if (left <= 0) break;
  }
  return { count, mean, recentMean: recent, p90 };
}

interface Counted {
  count: number;
  mean: number;
  recent: number;
  readonly buckets: Record<number, number>;
  /** Sum of the buckets. */
  total: number;
}

/** What changed since it was asked last. */
export interface DurationChanges {
  readonly records: ReadonlyMap<string, RunRecord>;
  readonly dropped: readonly string[];
}

export class RunDurations {
  /** The least recently used first. */
  readonly #types = new Map<string, Counted>();
  readonly #changed = new Set<string>();
  readonly #dropped = new Set<string>();

  /** Takes over what was stored; a type noted since is left as it is. */
  load(stored: Iterable<readonly [string, RunRecord]>): void {
    for (const [type, { buckets, ...record }] of stored) {
      if (this.#types.has(type)) continue;
      const total = Object.values(buckets).reduce((sum, n) => sum + n, 0);
      this.#types.set(type, { ...record, buckets: { ...buckets }, total });
    }
    this.#makeRoom();
  }

  get size(): number {
    return this.#types.size;
  }

  /** A task of the type was completed after running so long. */
  note(type: string, seconds: number): void {
    if (!Number.isFinite(seconds) || seconds < 0) return;
    const known = this.#types.get(type) ?? { count: 0, mean: 0, recent: 0, buckets: {}, total: 0 };
    this.#types.delete(type);
    this.#types.set(type, known);
    known.count += 1;
    known.mean += (seconds - known.mean) / known.count;
    known.recent += (seconds - known.recent) / Math.min(known.count, MEMORY_TASKS);
    const bucket = bucketOf(seconds);
    known.buckets[bucket] = (known.buckets[bucket] ?? 0) + 1;
    known.total += 1;
    if (known.total >= HALVE_AT) halve(known);
    this.#changed.add(type);
    this.#dropped.delete(type);
    this.#makeRoom();
  }

  /** What must be stored, at most `max` types; it counts as stored until `putBack` says otherwise. */
  takeChanges(max: number): DurationChanges {
    const records = new Map<string, RunRecord>();
    for (const type of [...this.#changed].slice(0, max)) {
      this.#changed.delete(type);
      const counted = this.#types.get(type);
      if (counted === undefined) continue;
      const { total: _total, ...record } = counted;
      records.set(type, { ...record, buckets: { ...record.buckets } });
    }
    const dropped = [...this.#dropped].slice(0, max - records.size);
    for (const type of dropped) this.#dropped.delete(type);
    return { records, dropped };
  }

  /** They could not be stored. */
  putBack({ records, dropped }: DurationChanges): void {
    for (const type of records.keys()) if (this.#types.has(type)) this.#changed.add(type);
    for (const type of dropped) if (!this.#types.has(type)) this.#dropped.add(type);
  }

  #makeRoom(): void {
    while (this.#types.size > TYPES_MAX) {
      const [oldest] = this.#types.keys();
      if (oldest === undefined) return;
      this.#types.delete(oldest);
      this.#changed.delete(oldest);
      this.#dropped.add(oldest);
    }
  }
}

function halve(counted: Counted): void {
  counted.total = 0;
  for (const [bucket, n] of Object.entries(counted.buckets)) {
    const half = Math.floor(n / 2);
    if (half === 0) delete counted.buckets[Number(bucket)];
    else counted.buckets[Number(bucket)] = half;
    counted.total += half;
  }
}
