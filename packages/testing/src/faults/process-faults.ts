// What can happen to a process, by its id.
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../eventually.ts';

function signalled(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

/** Whether there is a process with this id; one that has ended counts until its parent took note. */
export function isAlive(pid: number): boolean {
  return signalled(pid, 0);
}

/** Ends a process like a crash (SIGKILL) and resolves when it is gone. Nothing happens if it is gone already. */
export async function killProcess(pid: number): Promise<void> {
  signalled(pid, 'SIGKILL');
  await eventually(() => !isAlive(pid), { what: `the end of process ${pid}` });
}

/**
 * Freezes a process for `forMs` (SIGSTOP, then SIGCONT): its connections stay open and it answers nothing. Resolves
 * when it runs again, or ended meanwhile; false if there was none.
 */
export async function stopProcess(pid: number, forMs: number): Promise<boolean> {
  if (!signalled(pid, 'SIGSTOP')) return false;
  try {
    await delay(forMs);
  } finally {
    signalled(pid, 'SIGCONT');
  }
  return true;
}
