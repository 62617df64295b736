// The worker side of a contender, in processes of their own: they count what they handle and say so as they go.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Tally } from './contest.ts';
import { within } from './deadline.ts';

const READY_WITHIN_MS = 60_000;
const ANSWER_WITHIN_MS = 10_000;
const END_WITHIN_MS = 15_000;
/** A worker says how much it handled after so many tasks, or this much later: small beside any run. */
const SAY_EVERY_TASKS = 256;
const SAY_AFTER_MS = 2;

type FromWorker =
  | { kind: 'ready' }
  | { kind: 'handled'; count: number }
  | { kind: 'tasks'; numbers: number[] };
const TALLY = 'tally';

export interface Workers {
  readonly pids: Readonly<Record<string, number | undefined>>;
  /** Resolves when they handled `total` tasks together since their start; rejects when one of them ends before. */
  reached(total: number): Promise<void>;
  tally(): Promise<Tally>;
  stop(): Promise<void>;
}

/** Starts `count` processes of `file` with `args` and resolves when each says that it is ready. */
export async function startWorkers(file: URL, args: readonly string[], count = 1): Promise<Workers> {
  const workers = Array.from({ length: count }, () => new WorkerProcess(file, args));
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
  return {
    pids: Object.fromEntries(names),
    reached(total) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const check = () => {
        if (workers.reduce((sum, { handled }) => sum + handled, 0) >= total) resolve();
      };
      for (const worker of workers) {
        worker.onHandled = check;
        worker.ended.then((how) => reject(new Error(how)));
      }
      check();
      return promise;
    },
    async tally() {
      const all = await within(
        ANSWER_WITHIN_MS,
        'the tally',
        Promise.all(workers.map((worker) => worker.numbers())),
      );
      const numbers = all.flat();
      return { handled: numbers.length, distinct: new Set(numbers).size };
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
  readonly #ready = Promise.withResolvers<void>();
  #numbers = Promise.withResolvers<number[]>();

  constructor(file: URL, args: readonly string[]) {
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
  numbers(): Promise<number[]> {
    this.#numbers = Promise.withResolvers();
    this.#child.send(TALLY);
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
    if (message.kind !== 'handled') return;
    this.handled = message.count;
    this.onHandled();
  }
}

/** The counting inside a worker process. Call `handled(n)` for task number n each time it is handled. */
export function countInWorker(stop: () => Promise<void>): { handled(task: number): void; ready(): void } {
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
  process.on('message', () => send({ kind: 'tasks', numbers }));
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
    ready: () => send({ kind: 'ready' }),
  };
}
