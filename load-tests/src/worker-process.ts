// The worker side of a contender, in a process of its own: it counts what it handles and says when a total is reached.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Tally } from './contest.ts';

type ToWorker = { kind: 'until'; total: number } | { kind: 'tally' };
type FromWorker = { kind: 'ready' } | { kind: 'reached'; total: number } | { kind: 'tally'; tally: Tally };

export interface WorkerProcess {
  reached(total: number): Promise<void>;
  tally(): Promise<Tally>;
  stop(): Promise<void>;
}

/** Starts `file` with `args` and resolves when it says that it is ready. */
export async function startWorkerProcess(file: URL, args: readonly string[]): Promise<WorkerProcess> {
  const child = fork(file, [...args], { execArgv: ['--conditions=source'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = new Promise<never>((_, reject) => {
    child.once('exit', (code, signal) => reject(new Error(`${file.pathname} ended: ${signal ?? code}`)));
  });
  ended.catch(() => undefined);
  const answer = <K extends FromWorker['kind']>(kind: K): Promise<Extract<FromWorker, { kind: K }>> =>
    Promise.race([nextOf(child, kind), ended]);
  const ask = (message: ToWorker) => child.send(message);
  await answer('ready');
  return {
    async reached(total) {
      const reached = answer('reached');
      ask({ kind: 'until', total });
      await reached;
    },
    async tally() {
      const tally = answer('tally');
      ask({ kind: 'tally' });
      return (await tally).tally;
    },
    async stop() {
      const exit = once(child, 'exit');
      child.disconnect();
      await exit;
    },
  };
}

function nextOf<K extends FromWorker['kind']>(child: ChildProcess, kind: K): Promise<Extract<FromWorker, { kind: K }>> {
  return new Promise((resolve) => {
    const look = (message: FromWorker) => {
      if (message.kind !== kind) return;
      child.off('message', look);
      resolve(message as Extract<FromWorker, { kind: K }>);
    };
    child.on('message', look);
  });
}

/** The counting inside a worker process. Call `handled(n)` for task number n each time it is handled. */
export function countInWorker(stop: () => Promise<void>): { handled(task: number): void; ready(): void } {
  const seen = new Set<number>();
  let handled = 0;
  let until = Number.POSITIVE_INFINITY;
  const send = (message: FromWorker) => process.send?.(message);
  const check = () => {
    if (seen.size < until) return;
    send({ kind: 'reached', total: until });
    until = Number.POSITIVE_INFINITY;
  };
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'until') {
      until = message.total;
      check();
    } else send({ kind: 'tally', tally: { handled, distinct: seen.size } });
  });
  // The parent lets go: end cleanly, and at once if that hangs.
  process.once('disconnect', () => {
    setTimeout(() => process.exit(1), 10_000).unref();
    void stop().then(() => process.exit(0));
  });
  return {
    handled(task) {
      handled += 1;
      seen.add(task);
      check();
    },
    ready: () => send({ kind: 'ready' }),
  };
}
