// A broker of our own: one redis-server, valkey-server or dragonfly process on loopback, with its data in a directory
// of its own. It runs in its own process group, so a Ctrl-C in the terminal does not reach it before the services that
// use it have stopped, and it does not outlive us (see lifeline.ts).
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort, isPortFree } from '../free-port.ts';
import { guardProcess, type LastSignal, releaseProcess } from '../lifeline.ts';
import { askBroker } from './ask-broker.ts';

export type BrokerServer = 'redis' | 'valkey' | 'dragonfly';

/**
 * What a broker keeps on disk. `none`: nothing. `always`: every write is on disk before it is answered (not to be had
 * from Dragonfly, which then saves when it is stopped). `everysec`: every write, synced once a second.
 */
export type Persistence = 'none' | 'everysec' | 'always';

export interface BrokerProcessOptions {
  server: BrokerServer;
  /** The program: a name on PATH or a path. */
  command: string;
  /** Made when missing. Holds the data and broker.log. */
  dir: string;
  persistence: Persistence;
  /** What it gets when this process is gone. */
  lastSignal: LastSignal;
  /** Without it any free port; with it that one, waiting up to five seconds for it to become free. */
  port?: number;
}

export interface BrokerProcess {
  readonly port: number;
  readonly url: string;
  readonly pid: number;
  /** Resolves, never rejects, with the reason when the process has ended, whoever ended it. */
  readonly ended: Promise<string>;
  /** Sends a signal to it. */
  signal(name: NodeJS.Signals): void;
  /** Ends it, its data saved as far as `persistence` says, and waits. Idempotent. */
  stop(): Promise<void>;
  /** Ends it like a crash, and waits. */
  kill9(): Promise<void>;
}

const READY_DEADLINE_MS = 20_000;
const STOP_DEADLINE_MS = 15_000;
const PORT_WAIT_MS = 5_000;
const PORT_TRIES = 10;
const LOG_TAIL_BYTES = 2_000;

/** The flags for one server. `--cluster_mode=emulated --lock_on_hashtags` is what our scripts are measured with. */
export function brokerArguments(
  server: BrokerServer,
  persistence: Persistence,
  dir: string,
  port: number,
): string[] {
  if (server === 'dragonfly') {
    return [
      '--logtostderr',
      `--port=${port}`,
      '--bind=127.0.0.1',
      `--dir=${dir}`,
      `--dbfilename=${persistence === 'none' ? '' : 'nova-torch'}`,
      ...(persistence === 'none' ? [] : ['--snapshot_cron=* * * * *']),
      '--cluster_mode=emulated',
      '--lock_on_hashtags',
      '--proactor_threads=2',
      '--version_check=false',
    ];
  }
  const appendOnly = persistence === 'none' ? ['no'] : ['yes', '--appendfsync', persistence];
  return [
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--daemonize', 'no'],
    ...['--save', '', '--maxmemory-policy', 'noeviction', '--appendonly', ...appendOnly],
  ];
}

/** Starts a broker and resolves when it answers. Rejects with what the program printed when it does not come up. */
export async function startBrokerProcess(options: BrokerProcessOptions): Promise<BrokerProcess> {
  mkdirSync(options.dir, { recursive: true, mode: 0o700 });
  if (options.port !== undefined) {
    await waitForPort(options.port);
    return launch(options, options.port);
  }
  // Another process may take the port between our look and the broker's bind: then again, on another one.
  for (let tries = 1; ; tries += 1) {
    const port = await freePort();
    try {
      return await launch(options, port);
    } catch (error) {
      if (tries === PORT_TRIES || !(error instanceof Error) || !/already in use/i.test(error.message))
        throw error;
    }
  }
}

async function waitForPort(port: number): Promise<void> {
  const deadline = Date.now() + PORT_WAIT_MS;
  while (!(await isPortFree(port))) {
    if (Date.now() > deadline) throw new Error(`port ${port} on 127.0.0.1 is taken by another process`);
    await delay(20);
  }
}

async function launch(options: BrokerProcessOptions, port: number): Promise<BrokerProcess> {
  const { server, command, dir, persistence, lastSignal } = options;
  const logFile = join(dir, 'broker.log');
  const log = openSync(logFile, 'w');
  const child = spawn(command, brokerArguments(server, persistence, dir, port), {
    cwd: dir,
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ? `ended by ${signal}` : `ended with code ${code}`));
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${command}: ${await ended}`);
  child.unref();
  guardProcess(pid, lastSignal);
  void ended.then(() => releaseProcess(pid));
  const broker = describeProcess(child, pid, port, ended);
  const gone = new AbortController();
  void ended.then(() => gone.abort());
  const problem = await Promise.race([ended, waitUntilReady(port, dir, gone.signal)]);
  if (problem === undefined) return broker;
  await broker.kill9();
  throw new Error(`${command} did not come up on port ${port}: ${problem}\n${tail(logFile)}`);
}

function describeProcess(
  child: ChildProcess,
  pid: number,
  port: number,
  ended: Promise<string>,
): BrokerProcess {
  const waitForEnd = async (): Promise<void> => {
    child.ref();
    await ended;
  };
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
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

/** Resolves with undefined once the broker that keeps its data in `dir` answers, or with what is wrong. */
async function waitUntilReady(port: number, dir: string, gone: AbortSignal): Promise<string | undefined> {
  const deadline = Date.now() + READY_DEADLINE_MS;
  let problem = 'no answer';
  while (Date.now() < deadline && !gone.aborted) {
    try {
      await askBroker(port, ['PING']);
      const answer = await askBroker(port, ['CONFIG', 'GET', 'dir']);
      const answeredDir = Array.isArray(answer) ? answer[1] : undefined;
      if (!answeredDir || answeredDir === realpathSync(dir)) return undefined;
      problem = `another broker, with its data in ${answeredDir}, listens there (address already in use)`;
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    await delay(10);
  }
  return `${problem} after ${READY_DEADLINE_MS / 1000} s`;
}

function tail(file: string): string {
  return readFileSync(file, 'utf8').slice(-LOG_TAIL_BYTES).trim();
}
