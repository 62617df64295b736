// Schedules: what becomes of one when its time has come, and when somebody changes it.
//
// S1. A run is named by the time it was due at: whoever fires it, and however often, it is one task.
// S2. A due time is answered once: by a task, by a skip (the last one has not ended), or as missed (too late). Then the
//     next one after now is due, so that what was missed never comes in a row.
import type { Schedule, ScheduleId, ScheduleSpec, TaskId } from '@nova-torch/protocol';

/** The first time after `afterMs` that a cron expression names, Unix milliseconds; undefined when there is none. */
export type NextTime = (spec: ScheduleSpec, afterMs: number) => number | undefined;

/** A run that comes this much later than it was due, in ms, was missed: no router was there. */
export const LATE_MAX_MS = 60_000;

/** A new schedule; ended when it has no time to run. */
export function newSchedule(
  { schedule_id, spec, by }: { schedule_id: ScheduleId; spec: ScheduleSpec; by: string },
  nextTime: NextTime,
  nowMs: number,
): Schedule {
  const counts = { runs: 0, skipped: 0, missed: 0 };
  const schedule: Schedule = {
    ...{ schedule_id, status: 'paused', spec, created_at_ms: nowMs, created_by: by, ...counts },
  };
  return scheduledAfter(schedule, nextTime, nowMs);
}

/** The schedule with its next run after `nowMs`, or ended when none is left. */
export function scheduledAfter(schedule: Schedule, nextTime: NextTime, nowMs: number): Schedule {
  const { spec, created_at_ms: createdAtMs, runs } = schedule;
  const { next_run_at_ms: _before, ...rest } = schedule;
  const { every_s: everyS, ends_at: endsAt, max_runs: runsMax } = spec;
  const nextMs =
    everyS === undefined ? nextTime(spec, nowMs) : nextInterval(createdAtMs, everyS * 1000, nowMs);
  const isOver =
    nextMs === undefined ||
    (endsAt !== undefined && nextMs > Date.parse(endsAt)) ||
    (runsMax !== undefined && runs >= runsMax);
  if (isOver) return { ...rest, status: 'ended' };
  return { ...rest, status: 'active', next_run_at_ms: nextMs };
}

function nextInterval(beginMs: number, everyMs: number, afterMs: number): number {
  return beginMs + (Math.floor(Math.max(0, afterMs - beginMs) / everyMs) + 1) * everyMs;
}

/** Stops a schedule until it is resumed. */
export function paused({ next_run_at_ms: _next, ...schedule }: Schedule): Schedule {
  return { ...schedule, status: 'paused' };
}

export interface Firing {
  readonly schedule: Schedule;
  /** When the run was due, if it is to be submitted. */
  readonly submitDueMs: number | undefined;
}

/** What a due time becomes; undefined while nothing is due. `lastIsOpen`: the task of the last run has not ended. */
export function fire(
  schedule: Schedule,
  world: { readonly lastIsOpen: boolean; readonly taskIdAt: (dueMs: number) => TaskId },
  nextTime: NextTime,
  nowMs: number,
): Firing | undefined {
  const { status, spec, next_run_at_ms: dueMs } = schedule;
  if (status !== 'active' || dueMs === undefined || dueMs > nowMs) return undefined;
  const after = (changes: Partial<Schedule>, submitDueMs?: number): Firing => ({
    schedule: scheduledAfter({ ...schedule, ...changes }, nextTime, nowMs),
    submitDueMs,
  });
  const isLate = nowMs - dueMs > LATE_MAX_MS;
  if (isLate && spec.catch_up === 'none') return after({ missed: schedule.missed + 1 });
  if (world.lastIsOpen && spec.overlap === 'skip') return after({ skipped: schedule.skipped + 1 });
  const run = { runs: schedule.runs + 1, last_run_at_ms: dueMs, last_task_id: world.taskIdAt(dueMs) };
  return after(run, dueMs);
}
