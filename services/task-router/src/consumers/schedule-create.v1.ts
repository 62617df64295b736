import {
  type Message,
  type MessageOfType,
  SCHEDULED_TASK_BYTES_MAX,
  SCHEDULES_MAX,
  type Schedule,
} from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome, retry } from '@nova-torch/streams';
import type { ActiveDeps } from '../active/deps.ts';
import { nextCronTime } from '../active/next-time.ts';
import { newSchedule } from '../domain/schedules.ts';

/** Makes a schedule; a repeat is answered with it as it is now. */
export async function onScheduleCreate(
  delivered: Delivered<MessageOfType<'schedule.create.v1'>>,
  deps: ActiveDeps,
): Promise<Outcome> {
  const { payload } = delivered.message;
  const request: Delivered<Message> = delivered;
  const refuse = (detail: string, field: string): Outcome =>
    ack([deps.answers.refused(request, 'VALIDATION', detail, field)]);
  const known = await deps.schedules.one(payload.schedule_id);
  if (known !== undefined) return ack([deps.answers.schedule(request, { schedule: known.schedule })]);
  const bytes = Buffer.byteLength(JSON.stringify(payload.spec.task));
  if (bytes > SCHEDULED_TASK_BYTES_MAX)
    return refuse(`the task has ${bytes} bytes, the limit is ${SCHEDULED_TASK_BYTES_MAX}`, 'task');
  const { timezone } = payload.spec;
  if (!isTimeZone(timezone)) return refuse(`there is no time zone ${timezone}`, 'timezone');
  const after = tryNew(payload, deps);
  if (typeof after === 'string') return refuse(after, 'cron');
  if (after.status === 'ended') {
    const { ends_at: endsAt } = payload.spec;
    if (endsAt === undefined) return refuse('it names no time that will ever come', 'cron');
    return refuse(`its first run would come after ${endsAt}`, 'ends_at');
  }
  const verdict = await deps.schedules.write({ id: payload.schedule_id, before: undefined, after });
  if (verdict === 'full') {
    const detail = `there are ${SCHEDULES_MAX} schedules, which is the limit`;
    return ack([deps.answers.refused(request, 'SCHEDULE_LIMIT', detail)]);
  }
  if (verdict === 'changed') return retry({ error: 'it was made meanwhile' });
  return ack([deps.answers.schedule(request, { schedule: after })]);
}

/** The new schedule, or what is wrong with its expression. */
function tryNew(
  payload: MessageOfType<'schedule.create.v1'>['payload'],
  { nowMs }: ActiveDeps,
): Schedule | string {
  try {
    return newSchedule(payload, nextCronTime, nowMs());
  } catch (error) {
    return error instanceof Error ? error.message.replace('CronPattern: ', '') : String(error);
  }
}

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
