// Processor time and memory of every process of a run, restarts summed up under one name.
import { readFileSync } from 'node:fs';
import { cpuSeconds } from './cpu-time.ts';

const EVERY_MS = 500;
const KIB_PER_MIB = 1_024;

export interface Usage {
  /** Of one core, over the whole run. */
  readonly cpu_percent: number;
  readonly memory_mib_max: number;
  readonly memory_mib_last: number;
}

interface Seen {
  pid: number;
  /** Used by processes of that name that have ended. */
  before: number;
  now: number;
  max: number;
  last: number;
}

export class UsageMeter {
  readonly #pids: () => ReadonlyMap<string, number | undefined>;
  readonly #seen = new Map<string, Seen>();
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;

  /** `pids` tells the processes that run now, by name. */
  constructor(pids: () => ReadonlyMap<string, number | undefined>) {
    this.#pids = pids;
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
  }

  stop(): Record<string, Usage> {
    clearInterval(this.#timer);
    const seconds = (performance.now() - this.#startedAt) / 1_000;
    const usage = [...this.#seen].map(([name, { before, now, max, last }]) => {
      const cpu_percent = Math.round(((before + now) / seconds) * 1_000) / 10;
      return [name, { cpu_percent, memory_mib_max: max, memory_mib_last: last }] as const;
    });
    return Object.fromEntries(usage);
  }

  #look(): void {
    for (const [name, pid] of this.#pids()) {
      const now = pid === undefined ? undefined : cpuSeconds(pid);
      const memory = pid === undefined ? undefined : memoryMib(pid);
      if (pid === undefined || now === undefined || memory === undefined) continue;
      const seen = this.#seen.get(name) ?? { pid, before: 0, now: 0, max: 0, last: 0 };
      const before = seen.pid === pid ? seen.before : seen.before + seen.now;
      this.#seen.set(name, { pid, before, now, max: Math.max(seen.max, memory), last: memory });
    }
  }
}

/** Resident memory in MiB (Linux); undefined elsewhere or when the process is gone. */
export function memoryMib(pid: number): number | undefined {
  try {
    const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined ? undefined : Math.round(Number(kib) / KIB_PER_MIB);
  } catch {
    return undefined;
  }
}
