// Whether the spawner that started this host lives: the host outlives it for a grace, in which another may take over.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { AgentLogger } from '../logger.ts';
import { processStart } from './process-tree.ts';

const EVERY_MS = 1_000;

/** What a spawner writes about itself: its pid and that process's start time (field 22 of /proc/<pid>/stat). */
const SupervisorFile = z.object({
  pid: z.int().positive(),
  pid_start: z.union([z.string(), z.number()]).transform(String),
});

export interface SupervisorWatchOptions {
  readonly file: string;
  /** How long there may be no live supervisor, in ms. */
  readonly graceMs: number;
  readonly everyMs?: number;
  /** Called once, when there was none for longer than that. */
  readonly onOrphaned: () => void;
  readonly logger: AgentLogger;
}

export class SupervisorWatch {
  readonly #options: SupervisorWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #missingSince: number | undefined;
  #checking = false;
  #over = false;

  constructor(options: SupervisorWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#check(), options.everyMs ?? EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    this.#over = true;
    clearInterval(this.#timer);
  }

  async #check(): Promise<void> {
    if (this.#checking) return;
    this.#checking = true;
    const alive = await isSupervisorAlive(this.#options.file);
    this.#checking = false;
    if (this.#over) return;
    const { logger, graceMs, file, onOrphaned } = this.#options;
    if (alive) {
      if (this.#missingSince !== undefined) logger.info({ file }, 'a supervisor is back');
      this.#missingSince = undefined;
      return;
    }
    if (this.#missingSince === undefined) {
      this.#missingSince = performance.now();
      logger.warn({ file, grace_ms: graceMs }, 'the supervisor is gone');
    }
    if (performance.now() - this.#missingSince < graceMs) return;
    this.stop();
    onOrphaned();
  }
}

/** Whether the process named in the file lives; false for a file that is missing or cannot be read. */
export async function isSupervisorAlive(file: string): Promise<boolean> {
  try {
    const { pid, pid_start } = SupervisorFile.parse(JSON.parse(await readFile(file, 'utf8')));
    return (await processStart(pid)) === pid_start;
  } catch {
    return false;
  }
}
