// Keeps orphan-guard.sh running beside the host. The shell of the system is all it needs; the guard holds no secret
// and is in a session of its own, so what ends the host does not end it.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { AgentLogger } from '../logger.ts';
import { within } from '../pause.ts';

const SCRIPT = fileURLToPath(new URL('./orphan-guard.sh', import.meta.url));
const RESTART_MS = 1_000;
const END_MS = 2_000;

type GuardProcess = ChildProcessByStdio<Writable, null, null>;

export interface OrphanGuardOptions {
  /** Part of the marker of every run of this host. */
  readonly hostId: string;
  readonly path: string | undefined;
  readonly spawnId: string | undefined;
  readonly logger: AgentLogger;
}

export class OrphanGuard {
  readonly #options: OrphanGuardOptions;
  readonly #pids = new Set<number>();
  #process: GuardProcess | undefined;
  #stopping = false;

  constructor(options: OrphanGuardOptions) {
    this.#options = options;
  }

  /** The guard's pid, while it runs. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts it; a guard that ends is replaced. Idempotent. */
  start(): void {
    if (this.#process || this.#stopping) return;
    const { hostId, path, spawnId, logger } = this.#options;
    const guard = spawn('/bin/sh', [SCRIPT, hostId], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: path ?? '/usr/bin:/bin', ...(spawnId === undefined ? {} : { NOVA_SPAWN_ID: spawnId }) },
    });
    this.#process = guard;
    guard.stdin.on('error', () => {});
    guard.once('error', (err) => logger.warn({ err }, 'the orphan guard cannot be started'));
    guard.once('exit', () => {
      this.#process = undefined;
      if (!this.#stopping) setTimeout(() => this.start(), RESTART_MS).unref();
    });
    // It watches the host; the host does not wait for it.
    guard.unref();
    if ('unref' in guard.stdin && typeof guard.stdin.unref === 'function') guard.stdin.unref();
    for (const pid of this.#pids) this.#tell(`+${pid}`);
  }

  /** A command runs, as leader of the process group with its pid. */
  watch(pid: number): void {
    this.#pids.add(pid);
    this.#tell(`+${pid}`);
  }

  /** Nothing of that command is left. */
  forget(pid: number): void {
    this.#pids.delete(pid);
    this.#tell(`-${pid}`);
  }

  /** Lets it go; it ends what is left of the host's commands, which is nothing. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const guard = this.#process;
    if (!guard) return;
    const exited = new Promise<void>((resolve) => guard.once('exit', () => resolve()));
    guard.stdin.end();
    await within(exited, END_MS);
  }

  #tell(line: string): void {
    this.#process?.stdin.write(`${line}\n`);
  }
}
