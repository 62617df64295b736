import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { MarkedProcess } from '../domain/adoption.ts';
import type { ExitFacts } from '../domain/spawn.ts';
import { createMarkedProcesses, type MarkedProcesses, type MarkedRow } from './marked-processes.ts';
import { isSameProcess, ownStart, readEnvironment, startOf } from './process-table.ts';
import type { ProcessHandle, Runtime, StartSpec } from './runtime.ts';
import { endTree } from './tree-ending.ts';

/** How often a process that is not our child is looked at. */
const ADOPTED_POLL_MS = 250;

interface OwnChild {
  readonly child: ChildProcess;
  exit?: ExitFacts;
}

interface Launched {
  readonly handle: ProcessHandle;
  readonly own: OwnChild;
}

/** Agent hosts as processes of this machine. Throws where there is no /proc. */
export function createProcessRuntime(marked: MarkedProcesses = createMarkedProcesses()): Runtime {
  ownStart();
  const children = new Map<string, OwnChild>();
  return {
    async start(spec) {
      const { handle, own } = await launch(spec);
      children.set(keyOf(handle), own);
      return handle;
    },
    look: () =>
      new Map([...marked.look()].map(([spawnId, rows]) => [spawnId, rows.map(markedProcess)] as const)),
    environment: readEnvironment,
    isAlive: ({ pid, pidStart }) => isSameProcess(pid, pidStart),
    watch(handle, onExit) {
      const own = children.get(keyOf(handle));
      return own
        ? watchChild(own, onExit, () => children.delete(keyOf(handle)))
        : watchByPolling(handle, onExit);
    },
    stop: (target, request) => endTree(target, request, marked),
  };
}

const markedProcess = ({ pid, start, isHost }: MarkedRow): MarkedProcess => ({
  pid,
  pidStart: start,
  isHost,
});

const keyOf = ({ pid, pidStart }: ProcessHandle): string => `${pid}:${pidStart}`;

/**
 * Detached: a session of its own, so that no signal for the spawner's terminal or group reaches it. Its output goes
 * straight into the file: a pipe would break when the spawner ends.
 */
async function launch({ spawnId, command, env, cwd, logFile }: StartSpec): Promise<Launched> {
  const [program, ...args] = command;
  if (program === undefined) throw new RangeError('the command line is empty');
  mkdirSync(dirname(logFile), { recursive: true, mode: 0o700 });
  const log = openSync(logFile, 'a', 0o600);
  try {
    const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', log, log] });
    const own: OwnChild = { child };
    child.once('exit', (code, signal) => {
      own.exit = { code, signal };
    });
    const { pid } = child;
    // It has not been waited for yet, so the kernel still knows it, even if it has already ended.
    const pidStart = pid === undefined ? undefined : startOf(pid);
    child.unref();
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) =>
        reject(new Error(`${program} in ${cwd}: ${error.message}`, { cause: error })),
      );
    });
    if (pid === undefined || pidStart === undefined) throw new Error(`${program} has no entry in /proc`);
    return { handle: { spawnId, pid, pidStart }, own };
  } finally {
    closeSync(log);
  }
}

function watchChild(own: OwnChild, onExit: (exit: ExitFacts) => void, forget: () => void): () => void {
  let active = true;
  const tell = (exit: ExitFacts): void => {
    forget();
    if (!active) return;
    active = false;
    onExit(exit);
  };
  if (own.exit) {
    const { exit } = own;
    queueMicrotask(() => tell(exit));
  } else own.child.once('exit', (code, signal) => tell({ code, signal }));
  return () => {
    active = false;
  };
}

function watchByPolling(handle: ProcessHandle, onExit: (exit: ExitFacts) => void): () => void {
  const timer = setInterval(() => {
    if (isSameProcess(handle.pid, handle.pidStart)) return;
    clearInterval(timer);
    onExit({});
  }, ADOPTED_POLL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
