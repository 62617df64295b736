// One service as a real process: started, watched for its address, killed and started again as a test wants.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { guardProcess, releaseProcess } from '@nova-torch/cli/own-broker';
import { eventually } from './eventually.ts';

export interface ServiceUnderTestOptions {
  /** For messages and logs. */
  name: string;
  /** The program, run by this Node with `--conditions=source`. */
  entry: string;
  env: NodeJS.ProcessEnv;
  /** How long it may take until it is ready. */
  readyTimeoutMs: number;
}

/** One line of a service's JSON log; a line that is no JSON has it whole in `msg`. */
export type LogLine = { msg?: string; address?: string } & Record<string, unknown>;

export interface ServiceUnderTest {
  /** Where it answers HTTP. Throws while it does not run. */
  readonly address: string;
  readonly pid: number | undefined;
  /** Everything it logged so far, over restarts. */
  readonly logs: readonly LogLine[];
  /** Starts it and resolves when /health/ready answers 200. Rejects, with its last lines, when that does not happen. */
  start(): Promise<void>;
  /** SIGTERM, then SIGKILL after ten seconds. Resolves when it has ended. Idempotent. */
  stop(): Promise<void>;
  kill9(): Promise<void>;
  /** SIGSTOP and SIGCONT: a process that hangs, with its connections open. */
  pause(): void;
  resume(): void;
}

const STOP_DEADLINE_MS = 10_000;
const LINES_KEPT = 20_000;
const LINES_SHOWN = 15;

function parseLine(line: string): LogLine {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' && parsed !== null ? (parsed as LogLine) : { msg: line };
  } catch {
    return { msg: line };
  }
}

/** Describes a service; nothing runs before `start()`. */
export function createServiceUnderTest(options: ServiceUnderTestOptions): ServiceUnderTest {
  return new ServiceProcess(options);
}

class ServiceProcess implements ServiceUnderTest {
  readonly logs: LogLine[] = [];
  readonly #options: ServiceUnderTestOptions;
  #child: ChildProcess | undefined;
  #ended: Promise<string> = Promise.resolve('not started');
  #address: string | undefined;

  constructor(options: ServiceUnderTestOptions) {
    this.#options = options;
  }

  get address(): string {
    if (this.#address === undefined) throw new Error(`${this.#options.name} does not listen`);
    return this.#address;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    if (this.#child) throw new Error(`${this.#options.name} runs already`);
    const ended = this.#launch();
    const ready = eventually(() => this.#isReady(), {
      timeoutMs: this.#options.readyTimeoutMs,
      everyMs: 25,
      what: `${this.#options.name} ready`,
    });
    try {
      await Promise.race([
        ready,
        ended.then((how) => Promise.reject(new Error(`${this.#options.name} ${how}`))),
      ]);
    } catch (error) {
      ready.catch(() => undefined);
      await this.kill9();
      const last = this.logs.slice(-LINES_SHOWN).map((line) => JSON.stringify(line));
      throw new Error(`${error instanceof Error ? error.message : error}\n${last.join('\n')}`, {
        cause: error,
      });
    }
  }

  #launch(): Promise<string> {
    const { entry, env } = this.#options;
    const child = spawn(process.execPath, ['--conditions=source', entry], {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#address = undefined;
    const { pid } = child;
    if (pid !== undefined) guardProcess(pid, 'kill');
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.#onLine(parseLine(line)));
    }
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => resolve(`cannot be started: ${error.message}`));
      child.once('close', (code, signal) =>
        resolve(signal ? `ended by ${signal}` : `ended with code ${code}`),
      );
    });
    void this.#ended.then(() => {
      if (pid !== undefined) releaseProcess(pid);
      this.#child = undefined;
      this.#address = undefined;
    });
    return this.#ended;
  }

  #onLine(line: LogLine): void {
    this.logs.push(line);
    if (this.logs.length > LINES_KEPT) this.logs.shift();
    if (line.msg === 'listening' && typeof line.address === 'string') this.#address = line.address;
  }

  async #isReady(): Promise<boolean> {
    if (this.#address === undefined) return false;
    const response = await fetch(`${this.#address}/health/ready`, { signal: AbortSignal.timeout(2_000) });
    const body = await response.text();
    if (!response.ok) throw new Error(`/health/ready answers ${response.status}: ${body}`);
    return true;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    child?.kill('SIGTERM');
    child?.kill('SIGCONT');
    const overdue = setTimeout(() => child?.kill('SIGKILL'), STOP_DEADLINE_MS);
    await this.#ended;
    clearTimeout(overdue);
  }

  async kill9(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }
}
