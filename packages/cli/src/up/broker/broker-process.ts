// A broker of our own: one server process on loopback (or the `docker run` of one), with its data in a directory of its
// own. It runs in its own process group, so a Ctrl-C in the terminal does not reach it before the services that use it
// have stopped, and it does not outlive us (see lifeline.ts).
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, isPortFree } from '../free-port.ts';
import { guardProcess, type LastSignal, releaseProcess } from '../lifeline.ts';
import { askBroker } from './ask-broker.ts';

export interface BrokerProcessOptions {
  /** The program: a name on PATH or a path. */
  command: string;
  /** Its arguments when it is to listen on this port. */
  args(port: number): readonly string[];
  /** Made when missing. Holds the data and broker.log. */
  dir: string;
  /** What it gets when this process is gone. */
  lastSignal: LastSignal;
  /** Without it any free port; with it that one, waiting up to `portWaitMs` (default 5,000) for it to become free. */
  port?: number | undefined;
  portWaitMs?: number;
  password?: string | undefined;
  /** Written to its stdin. */
  input?: string | undefined;
  /** Its environment; default ours. */
  env?: NodeJS.ProcessEnv;
}

export interface BrokerProcess {
  readonly port: number;
  readonly url: string;
  readonly pid: number;
  /** Resolves, never rejects, with the reason when the process has ended, whoever ended it. */
  readonly ended: Promise<string>;
  /** Sends a signal to it. */
  signal(name: NodeJS.Signals): void;
  /** Ends it, its data saved as far as its persistence goes, and waits. Idempotent. */
  stop(): Promise<void>;
  /** Ends it like a crash, and waits. */
  kill9(): Promise<void>;
}

const READY_DEADLINE_MS = 20_000;
const STOP_DEADLINE_MS = 15_000;
const PORT_TRIES = 10;
const LOG_TAIL_BYTES = 2_000;

/** Starts a broker and resolves when it answers. Rejects with what the program printed when it does not come up. */
export async function startBrokerProcess(options: BrokerProcessOptions): Promise<BrokerProcess> {
  mkdirSync(options.dir, { recursive: true, mode: 0o700 });
  if (options.port !== undefined) {
    await waitForPort(options.port, options.portWaitMs ?? 5_000);
    return launch(options, options.port);
  }
  // Another process may take the port between our look and the broker's bind: then again, on another one.
  for (let tries = 1; ; tries += 1) {
    const port = await freePort();
    try {
      return await launch(options, port);
    } catch (error) {
      if (tries === PORT_TRIES || !isPortTaken(error)) throw error;
    }
  }
}

function isPortTaken(error: unknown): boolean {
  return error instanceof Error && /already (in use|allocated)/i.test(error.message);
}

async function waitForPort(port: number, portWaitMs: number): Promise<void> {
  const deadline = Date.now() + portWaitMs;
  while (!(await isPortFree(port))) {
    if (Date.now() > deadline) throw new Error(`port ${port} on 127.0.0.1 is taken by another process`);
    await delay(20);
  }
}

async function launch(options: BrokerProcessOptions, port: number): Promise<BrokerProcess> {
  const { command, args, dir, lastSignal, input, env } = options;
  const logFile = join(dir, 'broker.log');
  const log = openSync(logFile, 'w', 0o600);
  const child = spawn(command, args(port), {
    cwd: dir,
    detached: true,
    stdio: ['pipe', log, log],
    ...(env && { env }),
  });
  closeSync(log);
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ? `ended by ${signal}` : `ended with code ${code}`));
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${command}: ${await ended}`);
  child.unref();
  guardProcess(pid, lastSignal);
  const gone = new AbortController();
  void ended.then(() => {
    releaseProcess(pid);
    gone.abort();
  });
  const broker = describeProcess(child, pid, port, options.password, ended);
  const problem = await Promise.race([ended, waitUntilReady(options, port, gone.signal)]);
  if (problem === undefined) return broker;
  await broker.kill9();
  throw new Error(`${command} did not come up on port ${port}: ${problem}\n${tail(logFile)}`);
}

function describeProcess(
  child: ChildProcess,
  pid: number,
  port: number,
  password: string | undefined,
  ended: Promise<string>,
): BrokerProcess {
  const waitForEnd = async (): Promise<void> => {
    child.ref();
    await ended;
  };
  return {
    port,
    url: `redis://${password === undefined ? '' : `:${password}@`}127.0.0.1:${port}`,
    pid,
    ended,
    signal: (name) => void child.kill(name),
    async stop() {
      child.kill('SIGTERM');
      child.kill('SIGCONT');
      const giveUp = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
      await waitForEnd();
      clearTimeout(giveUp);
    },
    async kill9() {
      child.kill('SIGKILL');
      await waitForEnd();
    },
  };
}

/**
 * Resolves with undefined once our broker answers, or with what is wrong. It is ours when it knows our password or,
 * without one, keeps its data in our directory.
 */
async function waitUntilReady(
  { dir, password }: BrokerProcessOptions,
  port: number,
  gone: AbortSignal,
): Promise<string | undefined> {
  const deadline = Date.now() + READY_DEADLINE_MS;
  let problem = 'no answer';
  while (Date.now() < deadline && !gone.aborted) {
    try {
      await askBroker(port, ['PING'], { password });
      const answeredDir = password === undefined ? await dataDirectory(port) : undefined;
      if (answeredDir === undefined || answeredDir === realpathSync(dir)) return undefined;
      return `address already in use by another broker, with its data in ${answeredDir}`;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    await delay(10);
  }
  return `${problem} after ${READY_DEADLINE_MS / 1000} s`;
}

/** Where the broker on this port says it keeps its data; undefined when it does not say. */
export async function dataDirectory(port: number, password?: string): Promise<string | undefined> {
  const answer = await askBroker(port, ['CONFIG', 'GET', 'dir'], { password });
  const dir = Array.isArray(answer) ? answer[1] : undefined;
  return typeof dir === 'string' && dir !== '' ? dir : undefined;
}

function tail(file: string): string {
  return readFileSync(file, 'utf8').slice(-LOG_TAIL_BYTES).trim();
}
