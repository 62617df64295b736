import type { TaskProgress } from '@nova-torch/protocol';

/** Entries kept of a task: the newest push out the oldest. */
export const PROGRESS_LOG_MAX = 20;
/** Characters kept of each text in it, so that a whole log stays below 32 KiB whatever the agent says. */
const TEXT_CHARS_MAX = 200;

/** An entry of the log; `count` is how many came before it. */
export interface LoggedProgress {
  readonly count: number;
  readonly entry: TaskProgress;
}

/** Progress as the log keeps it. */
export function logEntry(progress: TaskProgress): TaskProgress {
  const { message } = progress;
  if (message === undefined || message.length <= TEXT_CHARS_MAX) return progress;
  return { ...progress, message: `${message.slice(0, TEXT_CHARS_MAX - 1)}…` };
}

/**
 * When the running attempt will be done if it goes on as it went so far, Unix milliseconds: its start, and the time it took
 * to its last report divided by the share done then. Not earlier than now; undefined when the report is of another
 * attempt, or tells no percentage above 0.
 */
export function estimatedEndMs(
  startedAtMs: number | undefined,
  progress: TaskProgress | undefined,
  nowMs: number,
): number | undefined {
  const { percent, at_ms: atMs = 0 } = progress ?? {};
  if (startedAtMs === undefined || percent === undefined || percent <= 0 || atMs < startedAtMs)
    return undefined;
  return Math.max(nowMs, Math.round(startedAtMs + ((atMs - startedAtMs) * 100) / percent));
}
