import type { MarkedProcess } from '../domain/adoption.ts';
import type { ExitFacts } from '../domain/spawn.ts';

/** One agent host, named for good: a pid alone may be given to another process. */
export interface ProcessHandle {
  readonly spawnId: string;
  readonly pid: number;
  /** Start time of the pid as the kernel counts it. */
  readonly pidStart: string;
}

export interface StartSpec {
  readonly spawnId: string;
  /** Program and arguments. */
  readonly command: readonly string[];
  /** The whole environment; must carry the mark NOVA_SPAWN_ID. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Standard output and error are appended here. */
  readonly logFile: string;
}

export interface StopRequest {
  /** Milliseconds between the polite signal and the forced one. */
  readonly graceMs: number;
  /** No polite signal at all. */
  readonly force: boolean;
}

export interface StopOutcome {
  /** `already-gone`: nothing lived. `ended`: all ended on the polite signal. `killed`: some had to be forced. */
  readonly how: 'already-gone' | 'ended' | 'killed';
  /** Processes that were forced. */
  readonly killed: number;
}

/** Something of a spawn could not be ended; it may be tried again. */
export class StillAliveError extends Error {
  override readonly name = 'StillAliveError';
  readonly pids: readonly number[];
  constructor(spawnId: string, pids: readonly number[]) {
    super(`processes of ${spawnId} still live after being killed: ${pids.join(', ')}`);
    this.pids = pids;
  }
}

/** Starts and ends agent hosts. Nothing it started ends because the spawner ends. */
export interface Runtime {
  /** Starts one, in a session of its own. Rejects when it cannot be started; then nothing runs. */
  start(spec: StartSpec): Promise<ProcessHandle>;
  isAlive(handle: ProcessHandle): boolean;
  /** Everything alive that belongs to some spawn, whoever started it, by spawn id. */
  look(): ReadonlyMap<string, readonly MarkedProcess[]>;
  /** The environment a living process was started with; undefined when it is gone or not ours to read. */
  environment(pid: number): ReadonlyMap<string, string> | undefined;
  /**
   * Calls `onExit` once when it ends, at once for our own child, within the poll interval for an adopted one. The
   * returned function ends the watching.
   */
  watch(handle: ProcessHandle, onExit: (exit: ExitFacts) => void): () => void;
  /**
   * Ends the host and everything that descends from it, and resolves only with the proof that nothing of it lives.
   * Harmless to repeat. Name the host's process only if it was watched until now; of one that has long been gone only
   * the spawn id says what is left. Rejects with StillAliveError.
   */
  stop(
    handle: Pick<ProcessHandle, 'spawnId'> & Partial<ProcessHandle>,
    request: StopRequest,
  ): Promise<StopOutcome>;
}
