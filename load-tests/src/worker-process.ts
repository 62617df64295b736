// The worker side of a contender, in processes of their own: they count what they handle and say so as they go.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Tally } from './contest.ts';
import { within } from './deadline.ts';

const READY_WITHIN_MS = 60_000;
const ANSWER_WITHIN_MS = 10_000;
const FINISH_WITHIN_MS = 60_000;
const END_WITHIN_MS = 15_000;
/** A worker says how much it handled after so many tasks, or this much later: small beside any run. */
const SAY_EVERY_TASKS = 256;
const SAY_AFTER_MS = 2;

/** A task that a worker began, told one by one: for those whose moment matters. */
export interface Begun {
  readonly number: number;
  /** Unix milliseconds of the clock that all processes of this machine share. */
  readonly at_ms: number;
  /** By which of the worker's agents. */
  readonly by?: string | undefined;
}

type FromWorker =
  | { kind: 'ready' }
  | ({ kind: 'begun' } & Begun)
  | { kind: 'handled'; count: number }
  | { kind: 'tasks'; numbers: number[] };
const TALLY = 'tally';
const FINISH = 'finish';

export interface Workers {
  readonly pids: Readonly<Record<string, number | undefined>>;
  /** How many they handled together so far. */
  readonly handled: number;
  /** Resolves when they handled `total` tasks together since their start; rejects when one of them ends before. */
  reached(total: number): Promise<void>;
  tally(): Promise<Tally>;
  /** Lets them end what they have in hand, and ends them. The number of each task they handled, as often as they did. */
  finish(): Promise<number[]>;
  stop(): Promise<void>;
}

/** Starts `count` processes of `file` with `args` and resolves when each says that it is ready. */
export async function startWorkers(
  file: URL,
  args: readonly string[],
  count = 1,
  onBegun: (begun: Begun) => void = () => undefined,
): Promise<Workers> {
  const workers = Array.from({ length: count }, () => new WorkerProcess(file, args, onBegun));
  const stop = async () => void (await Promise.all(workers.map((worker) => worker.stop())));
  try {
    await within(
      READY_WITHIN_MS,
      `${file.pathname} getting ready`,
      Promise.all(workers.map(({ ready }) => ready)),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  const names = workers.map(
    ({ pid }, index) => [count === 1 ? 'worker' : `worker ${index + 1}`, pid] as const,
  );
  const handled = () => workers.reduce((sum, worker) => sum + worker.handled, 0);
  const numbersBy = async (ask: typeof TALLY | typeof FINISH) => {
    const all = Promise.all(workers.map((worker) => worker.numbers(ask)));
    const patience = ask === FINISH ? FINISH_WITHIN_MS : ANSWER_WITHIN_MS;
    return (await within(patience, `the ${ask} of ${file.pathname}`, all)).flat();
  };
  return {
    pids: Object.fromEntries(names),
    get handled() {
      return handled();
    },
    reached(total) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const check = () => {
        if (handled() >= total) resolve();
      };
      for (const worker of workers) {
        worker.onHandled = check;
        worker.ended.then((how) => reject(new Error(how)));
      }
      check();
      return promise;
    },
    async tally() {
      const all = await numbersBy(TALLY);
      return { handled: all.length, distinct: new Set(all).size };
    },
    async finish() {
      const all = await numbersBy(FINISH);
      await stop();
      return all;
    },
    stop,
  };
}

class WorkerProcess {
  readonly ready: Promise<void>;
  /** How it ended, when it has. */
  readonly ended: Promise<string>;
  handled = 0;
  onHandled: () => void = () => undefined;
  readonly #child: ChildProcess;
  readonly #onBegun: (begun: Begun) => void;
  readonly #ready = Promise.withResolvers<void>();
  #numbers = Promise.withResolvers<number[]>();

  constructor(file: URL, args: readonly string[], onBegun: (begun: Begun) => void) {
    this.#onBegun = onBegun;
    const child = fork(file, [...args], {
      execArgv: ['--conditions=source', ...process.execArgv.filter((flag) => flag.startsWith('--cpu-prof'))],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    this.ready = this.#ready.promise;
    this.ended = once(child, 'exit').then(([code, signal]) => `${file.pathname} ended: ${signal ?? code}`);
    void this.ended.then((how) => this.#ready.reject(new Error(how)));
    child.on('message', (message: FromWorker) => this.#onMessage(message));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The number of each task it handled, as often as it did. */
  numbers(ask: typeof TALLY | typeof FINISH): Promise<number[]> {
    this.#numbers = Promise.withResolvers();
    this.#child.send(ask);
    return this.#numbers.promise;
  }

  async stop(): Promise<void> {
    const overdue = setTimeout(() => this.#child.kill('SIGKILL'), END_WITHIN_MS);
    if (this.#child.connected) this.#child.disconnect();
    await this.ended;
    clearTimeout(overdue);
  }

  #onMessage(message: FromWorker): void {
    if (message.kind === 'ready') this.#ready.resolve();
    if (message.kind === 'tasks') this.#numbers.resolve(message.numbers);
    if (message.kind === 'begun') this.#onBegun(message);
    if (message.kind !== 'handled') return;
    this.handled = message.count;
    this.onHandled();
  }
}

/** The counting inside a worker process. */
export interface WorkerCount {
  /** Task number n was handled: to be called each time it is. */
  handled(task: number): void;
  /** Tells at once that a task was begun, now. */
  begun(task: number, by?: string): void;
  ready(): void;
}

/** Counts what this worker process handles; `stop` is called when whoever started it lets go, or is gone. */
export function countInWorker(stop: () => Promise<void>): WorkerCount {
  const numbers: number[] = [];
  let said = 0;
  let timer: NodeJS.Timeout | undefined;
  const send = (message: FromWorker) => void (process.connected && process.send?.(message));
  const say = () => {
    clearTimeout(timer);
    timer = undefined;
    said = numbers.length;
    send({ kind: 'handled', count: said });
  };
  process.on('message', (ask) => {
    const over = ask === FINISH ? stop() : Promise.resolve();
    void over.then(() => send({ kind: 'tasks', numbers }));
  });
  // The parent lets go, or is gone: end cleanly, and at once if that hangs.
  process.once('disconnect', () => {
    setTimeout(() => process.exit(1), END_WITHIN_MS / 2).unref();
    void stop().then(() => process.exit(0));
  });
  return {
    handled(task) {
      numbers.push(task);
      if (numbers.length - said >= SAY_EVERY_TASKS) say();
      else timer ??= setTimeout(say, SAY_AFTER_MS);
    },
    begun: (number, by) => send({ kind: 'begun', number, at_ms: Date.now(), by }),
    ready: () => send({ kind: 'ready' }),
  };
}
