// One service as a process of its own, kept running: a crash is said and followed by a restart with backoff.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { guardProcess, releaseProcess } from './lifeline.ts';

const RESTART_DELAY_MIN_MS = 200;
const RESTART_DELAY_MAX_MS = 5_000;
/** A service that lived this long starts its next life with the shortest delay again. */
const STEADY_MS = 30_000;
const STOP_DEADLINE_MS = 15_000;
const LAST_LINES_MAX = 20;

export interface ServiceProcessOptions {
  name: string;
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  logFile: string;
  onCrash(event: { name: string; how: string; restartInMs: number; lastLines: readonly string[] }): void;
  onRestarted(event: { name: string }): void;
}

export interface ServiceProcess {
  readonly name: string;
  readonly pid: number | undefined;
  readonly restarts: number;
  /** Resolves when the service printed its address, rejects when its first process ended before. */
  readonly firstAddress: Promise<string>;
  stop(): Promise<void>;
}

/** Starts a service and keeps it running until stop(). */
export function startServiceProcess(options: ServiceProcessOptions): ServiceProcess {
  mkdirSync(dirname(options.logFile), { recursive: true, mode: 0o700 });
  return new SupervisedProcess(options);
}

class SupervisedProcess implements ServiceProcess {
  readonly name: string;
  readonly firstAddress: Promise<string>;
  restarts = 0;
  readonly #options: ServiceProcessOptions;
  readonly #log: WriteStream;
  readonly #address = Promise.withResolvers<string>();
  readonly #lastLines: string[] = [];
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #restartTimer: NodeJS.Timeout | undefined;
  #delayMs = RESTART_DELAY_MIN_MS;
  #stopping = false;

  constructor(options: ServiceProcessOptions) {
    this.name = options.name;
    this.#options = options;
    this.#log = createWriteStream(options.logFile, { flags: 'a', mode: 0o600 });
    // A log that cannot be written must not end what it is the log of; whoever follows the service is told.
    this.#log.on('error', (error) => this.#lastLines.push(`its log cannot be written: ${error.message}`));
    this.firstAddress = this.#address.promise;
    this.firstAddress.catch(() => undefined);
    this.#launch();
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  #launch(): void {
    const { command, args, env } = this.#options;
    const startedAt = performance.now();
    // A group of its own: Ctrl-C in the terminal reaches only us, and we end the services in order.
    const child = spawn(command, [...args], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    const { pid } = child;
    if (pid !== undefined) guardProcess(pid, 'term');
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#onLine(line));
    }
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => resolve(this.#onEnd(error.message, startedAt)));
      child.once('close', (code, signal) => {
        if (pid !== undefined) releaseProcess(pid);
        resolve(this.#onEnd(signal ? `ended by ${signal}` : `ended with code ${code}`, startedAt));
      });
    });
  }

  #onLine(line: string): void {
    this.#log.write(`${line}\n`);
    if (this.#lastLines.push(line) > LAST_LINES_MAX) this.#lastLines.shift();
    if (!line.includes('"listening"')) return;
    const { address } = JSON.parse(line) as { address?: string };
    if (address === undefined) return;
    this.#address.resolve(address);
    if (this.restarts > 0) this.#options.onRestarted({ name: this.name });
  }

  #onEnd(how: string, startedAt: number): void {
    this.#child = undefined;
    if (this.#stopping) return;
    this.#address.reject(new Error(`${this.name} ${how}`));
    if (performance.now() - startedAt > STEADY_MS) this.#delayMs = RESTART_DELAY_MIN_MS;
    const restartInMs = this.#delayMs;
    this.#delayMs = Math.min(this.#delayMs * 2, RESTART_DELAY_MAX_MS);
    this.#options.onCrash({ name: this.name, how, restartInMs, lastLines: [...this.#lastLines] });
    this.#restartTimer = setTimeout(() => {
      this.restarts += 1;
      this.#launch();
    }, restartInMs);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restartTimer);
    const child = this.#child;
    child?.kill('SIGTERM');
    const overdue = setTimeout(() => child?.kill('SIGKILL'), STOP_DEADLINE_MS);
    await this.#ended;
    clearTimeout(overdue);
    this.#log.end();
    if (!this.#log.closed) await once(this.#log, 'close');
  }
}
