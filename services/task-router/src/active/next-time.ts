import { createHash } from 'node:crypto';
import type { ScheduleId, ScheduleSpec, TaskId } from '@nova-torch/protocol';
import { Cron } from 'croner';

/** Expressions kept parsed; parsing one takes as long as a few questions to it. */
const PARSED_MAX = 1_000;
const parsed = new Map<string, Cron>();

/**
 * The first time after `afterMs` that a cron expression names in its time zone, Unix milliseconds; undefined when there is
 * none. Where clocks are put forward, a time that does not exist is that much later; where they are put back, a fixed
 * time comes once, at its first occurrence. Throws Error for an expression or a zone that is not valid.
 */
export function nextCronTime({ cron = '', timezone }: ScheduleSpec, afterMs: number): number | undefined {
  const name = `${timezone} ${cron}`;
  let expression = parsed.get(name);
  if (expression === undefined) {
    expression = new Cron(cron, { timezone, mode: '5-part', paused: true });
    if (parsed.size >= PARSED_MAX) parsed.clear();
    parsed.set(name, expression);
  }
  return expression.nextRun(new Date(afterMs))?.getTime();
}

/** The id of the task of a run: a UUIDv7 of its due time, the rest of it from the schedule; the same whoever makes it. */
export function taskIdOfRun(partition: number, scheduleId: ScheduleId, dueMs: number): TaskId {
  const digest = createHash('sha256').update(`${scheduleId} ${dueMs}`).digest('hex');
  const time = Math.floor(dueMs).toString(16).padStart(12, '0');
  return `task-${partition}-${time}7${digest.slice(0, 3)}8${digest.slice(3, 18)}` as TaskId;
}
