import { readFileSync } from 'node:fs';

const TICKS_PER_S = 100;
const USER_TICKS = 11;
const SYSTEM_TICKS = 12;

/** Processor time a process has used so far, in seconds (Linux; steps of 10 ms). Undefined elsewhere or when it is gone. */
export function cpuSeconds(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may contain anything; the numbers begin after the last one.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[USER_TICKS]) + Number(fields[SYSTEM_TICKS])) / TICKS_PER_S;
  } catch {
    return undefined;
  }
}

/** Processor time by name of process. */
export type CpuByProcess = Record<string, number>;

/** What each process has used, by its name; what cannot be read is left out. */
export function cpuOf(processes: Readonly<Record<string, number | undefined>>): CpuByProcess {
  const found: CpuByProcess = {};
  for (const [name, pid] of Object.entries(processes)) {
    const seconds = pid === undefined ? undefined : cpuSeconds(pid);
    if (seconds !== undefined) found[name] = seconds;
  }
  return found;
}

/** Microseconds of processor time per task between two readings. */
export function cpuPerTask(before: CpuByProcess, after: CpuByProcess, tasks: number): CpuByProcess {
  return Object.fromEntries(
    Object.entries(after).map(([name, seconds]) => [
      name,
      Math.round(((seconds - (before[name] ?? 0)) / tasks) * 1e6),
    ]),
  );
}
