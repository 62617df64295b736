// Ends all processes of a spawn: politely, then by force, then proves that none lives.
import { setTimeout as delay } from 'node:timers/promises';
import type { MarkedProcesses } from './marked-processes.ts';
import { isSameProcess, type ProcessRow, readProcess } from './process-table.ts';
import { type ProcessHandle, StillAliveError, type StopOutcome, type StopRequest } from './runtime.ts';

/** The pause between two looks at processes that are about to end. */
const LOOK_EVERY_MS = 20;
/** How long killed processes may take to be gone; the kernel needs milliseconds, a process in an uninterruptible read longer. */
const KILL_DEADLINE_MS = 10_000;

export type StopTarget = Pick<ProcessHandle, 'spawnId'> & Partial<ProcessHandle>;

/** See {@link StopOutcome}. Rejects with StillAliveError when something survives being killed. */
export async function endTree(
  target: StopTarget,
  { graceMs, force }: StopRequest,
  marked: MarkedProcesses,
): Promise<StopOutcome> {
  const first = livingOf(target, marked);
  if (first.length === 0) return { how: 'already-gone', killed: 0 };
  if (!force) {
    await endPolitely(target, graceMs, marked);
    if (livingOf(target, marked).length === 0) return { how: 'ended', killed: 0 };
  }
  return { how: 'killed', killed: await kill(target, marked) };
}

/**
 * SIGTERM to the host's group: the host drains and ends its command. When the host is gone, what is left gets the
 * signal too, and the rest of the grace.
 */
async function endPolitely(target: StopTarget, graceMs: number, marked: MarkedProcesses): Promise<void> {
  const deadline = performance.now() + graceMs;
  const host = hostOf(target);
  const first = livingOf(target, marked);
  signalAll(host ? first.filter(({ pgrp }) => pgrp === host.pid) : first, 'SIGTERM');
  if (host) {
    while (performance.now() < deadline && isSameProcess(host.pid, host.start)) await delay(LOOK_EVERY_MS);
    signalAll(livingOf(target, marked), 'SIGTERM');
  }
  let left = livingOf(target, marked);
  while (performance.now() < deadline && left.length > 0) {
    await delay(LOOK_EVERY_MS);
    left = left.filter(({ pid, start }) => isSameProcess(pid, start));
    if (left.length === 0) left = livingOf(target, marked);
  }
}

/** SIGKILL again and again, because a process may fork while it is looked at. Returns how many were killed. */
async function kill(target: StopTarget, marked: MarkedProcesses): Promise<number> {
  const deadline = performance.now() + KILL_DEADLINE_MS;
  const killed = new Set<string>();
  for (;;) {
    const left = livingOf(target, marked);
    if (left.length === 0) return killed.size;
    if (performance.now() > deadline) {
      throw new StillAliveError(
        target.spawnId,
        left.map(({ pid }) => pid),
      );
    }
    signalAll(left, 'SIGKILL');
    for (const { pid, start } of left) killed.add(`${pid}:${start}`);
    await delay(LOOK_EVERY_MS);
  }
}

/** What lives of a spawn: what belongs to it by its mark, or by the session of a host that was watched until now. */
function livingOf({ spawnId, pid, pidStart }: StopTarget, marked: MarkedProcesses): readonly ProcessRow[] {
  const host = pid === undefined || pidStart === undefined ? undefined : { spawnId, pid, pidStart };
  return marked.look(host).get(spawnId) ?? [];
}

function hostOf({ pid, pidStart }: StopTarget): ProcessRow | undefined {
  if (pid === undefined) return undefined;
  const row = readProcess(pid);
  return row?.start === pidStart ? row : undefined;
}

/**
 * Each process is looked at once more right before the signal: its pid may belong to another one by now. One that is
 * not ours to signal (another user's) is left, and shows in the proof.
 */
function signalAll(rows: readonly ProcessRow[], signal: NodeJS.Signals): void {
  for (const { pid, start } of rows) {
    if (!isSameProcess(pid, start)) continue;
    try {
      process.kill(pid, signal);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ESRCH' && code !== 'EPERM') throw error;
    }
  }
}
