import { type BrokerCommands, commandStats, resetCommandStats } from './broker-commands.ts';
import { type CpuByProcess, cpuOf, cpuPerTask } from './cpu-time.ts';
import { within } from './deadline.ts';

/** Slower than this is broken, not slow: tasks per second below which a measurement is given up. */
const SLOWEST_TASKS_PER_S = 100;
const SETUP_WITHIN_MS = 90_000;

/** A way to get tasks done, ready to be measured: a producer in this process, workers in another. */
export interface Contestant {
  /** Submits tasks numbered from..from+count-1 and resolves when the broker has taken all. */
  submit(from: number, count: number): Promise<void>;
  /** Resolves when `total` different tasks have been done since the start. */
  done(total: number): Promise<void>;
  /** What was done so far. Exact delivery: handled = distinct = submitted. */
  tally(): Promise<Tally>;
  /** What is known about where the tasks are, for the error of a measurement that does not end. */
  explain?(): Promise<string>;
  /** Its processes beside the broker and the producer, by name. */
  readonly processes: Readonly<Record<string, number | undefined>>;
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
  /** Processor time of each process, in microseconds per task. Less hurt by other load on the machine than the clock. */
  cpu_us_per_task: CpuByProcess;
  broker_commands: Record<string, BrokerCommands>;
}

export interface Measurement {
  readonly brokerUrl: string;
  readonly brokerPid: number | undefined;
  readonly tasks: number;
  readonly warmUp: number;
}

/**
 * One measurement: a warm-up that is in neither the count nor the time, then the clock runs from the first submission to
 * the last end. Every task must have been handled exactly once.
 */
export async function measure(
  contender: Contender,
  { brokerUrl, brokerPid, tasks, warmUp }: Measurement,
): Promise<Measured> {
  const { name } = contender;
  const contestant = await within(SETUP_WITHIN_MS, `${name}: starting`, contender.start(brokerUrl));
  const run = (what: string, from: number, count: number) =>
    within(
      30_000 + (count / SLOWEST_TASKS_PER_S) * 1_000,
      `${name}: ${what} of ${count} tasks`,
      Promise.all([contestant.submit(from, count), contestant.done(from + count)]),
      async () => `${JSON.stringify(await contestant.tally())}\n${(await contestant.explain?.()) ?? ''}`,
    );
  try {
    await run('warm-up', 0, warmUp);
    await resetCommandStats(brokerUrl);
    const processes = { broker: brokerPid, producer: process.pid, ...contestant.processes };
    const before = cpuOf(processes);
    const startedAt = performance.now();
    await run('measured run', warmUp, tasks);
    const seconds = (performance.now() - startedAt) / 1_000;
    const cpu_us_per_task = cpuPerTask(before, cpuOf(processes), tasks);
    const broker_commands = await commandStats(brokerUrl, tasks);
    const tally = await contestant.tally();
    const exact = tally.handled === warmUp + tasks && tally.distinct === warmUp + tasks;
    return {
      contender: contender.name,
      tasks,
      seconds,
      tasks_per_s: tasks / seconds,
      exact,
      tally,
      cpu_us_per_task,
      broker_commands,
    };
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
