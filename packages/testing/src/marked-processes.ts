import { readdirSync, readFileSync } from 'node:fs';

/** The processes, but this one, that have `variable=value` in their environment (Linux; elsewhere none is found). */
export function findMarked(variable: string, value: string): number[] {
  const mark = `${variable}=${value}`;
  let entries: string[];
  try {
    entries = readdirSync('/proc');
  } catch {
    return [];
  }
  return entries
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid && environmentOf(pid).includes(mark));
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    // Ended meanwhile, or another user's.
    return [];
  }
}

/** Ends them by SIGKILL. */
export function endMarked(variable: string, value: string): void {
  for (const pid of findMarked(variable, value)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Ended by itself between the look and the signal.
    }
  }
}
