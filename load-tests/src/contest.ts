/** A way to get tasks done, ready to be measured: a producer in this process, workers in another. */
export interface Contestant {
  /** Submits tasks numbered from..from+count-1 and resolves when the broker has taken all. */
  submit(from: number, count: number): Promise<void>;
  /** Resolves when `total` different tasks have been done since the start. */
  done(total: number): Promise<void>;
  /** What was done so far. Exact delivery: handled = distinct = submitted. */
  tally(): Promise<Tally>;
  stop(): Promise<void>;
}

export interface Tally {
  handled: number;
  distinct: number;
}

export interface Contender {
  readonly name: string;
  /** What it does and with which settings, for the report. */
  readonly settings: string;
  start(brokerUrl: string): Promise<Contestant>;
}

export interface Measured {
  contender: string;
  tasks: number;
  seconds: number;
  tasks_per_s: number;
  exact: boolean;
  tally: Tally;
}

/**
 * One measurement: a warm-up that is in neither the count nor the time, then the clock runs from the first submission to
 * the last end. Every task must have been handled exactly once.
 */
export async function measure(
  contender: Contender,
  brokerUrl: string,
  tasks: number,
  warmUp: number,
): Promise<Measured> {
  const contestant = await contender.start(brokerUrl);
  try {
    await Promise.all([contestant.submit(0, warmUp), contestant.done(warmUp)]);
    const startedAt = performance.now();
    await Promise.all([contestant.submit(warmUp, tasks), contestant.done(warmUp + tasks)]);
    const seconds = (performance.now() - startedAt) / 1_000;
    const tally = await contestant.tally();
    const exact = tally.handled === warmUp + tasks && tally.distinct === warmUp + tasks;
    return { contender: contender.name, tasks, seconds, tasks_per_s: tasks / seconds, exact, tally };
  } finally {
    await contestant.stop();
  }
}

/** The middle value; of an even number of values the lower of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new RangeError('the median of nothing');
  return middle;
}
