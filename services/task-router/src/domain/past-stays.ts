// What a task went through, as far as its record tells: for the trace of a task that failed and was not traced. Pure.
import { isTerminal, type TaskHistoryEntry, type TaskState } from '@nova-torch/protocol';
import type { Draft } from './draft.ts';
import type { TaskRecord } from './task-record.ts';

/** One stay of a task in one state. Times are Unix milliseconds. */
export interface PastStay {
  readonly state: TaskState;
  readonly startMs: number;
  readonly endMs: number;
  readonly entry: TaskHistoryEntry;
  /** Why the attempt failed that ended with this stay. */
  readonly error?: string;
}

const HELD: ReadonlySet<TaskState> = new Set(['assigned', 'running', 'verifying']);

/** The stays of a task by its history, oldest first; the one it is in is left out. */
export function staysOf(history: readonly TaskHistoryEntry[]): PastStay[] {
  return history.flatMap((entry, i) => {
    const next = history[i + 1];
    if (next === undefined) return [];
    const failed = HELD.has(entry.to) && !HELD.has(next.to) && next.to !== 'completed';
    const stay = { state: entry.to, startMs: entry.at_ms, endMs: next.at_ms, entry };
    return [failed ? { ...stay, error: next.reason } : stay];
  });
}

/** Why a decision makes a failure known: an attempt that failed, or the task itself; undefined for any other. */
export function failureOf({ before, record }: Draft): string | undefined {
  const { state, live } = record;
  const last = live.failures?.at(-1);
  if (last !== undefined && last !== before?.live.failures?.at(-1)) return last.error.message;
  if (state !== 'failed' && state !== 'expired') return undefined;
  if (before !== undefined && isTerminal(before.state)) return undefined;
  return live.error?.message ?? state;
}

/** When the attempt that failed last was begun and when it ended; undefined when none did. */
export function lastAttempt({ live }: TaskRecord): { startMs: number; endMs: number } | undefined {
  const last = live.failures?.at(-1);
  return last === undefined ? undefined : { startMs: last.at_ms - last.duration_ms, endMs: last.at_ms };
}
