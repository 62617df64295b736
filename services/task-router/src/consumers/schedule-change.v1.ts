import type { Message, MessageOfType, Schedule } from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome, retry } from '@nova-torch/streams';
import type { ActiveDeps } from '../active/deps.ts';
import { nextCronTime } from '../active/next-time.ts';
import { paused, scheduledAfter } from '../domain/schedules.ts';

/** Pauses, resumes or deletes a schedule; one that is so already is answered as it is. */
export async function onScheduleChange(
  delivered: Delivered<MessageOfType<'schedule.change.v1'>>,
  deps: ActiveDeps,
): Promise<Outcome> {
  const { schedule_id: id, to } = delivered.message.payload;
  const request: Delivered<Message> = delivered;
  const answer = (schedule: Schedule): Outcome => ack([deps.answers.schedule(request, { schedule })]);
  const before = await deps.schedules.one(id);
  if (before === undefined)
    return ack([deps.answers.refused(request, 'SCHEDULE_UNKNOWN', `there is no schedule ${id}`)]);
  const { schedule } = before;
  if (to === 'deleted') {
    const verdict = await deps.schedules.write({ id, before, after: undefined });
    return verdict === 'applied' ? answer(schedule) : retry({ error: 'it changed meanwhile' });
  }
  if (schedule.status === 'ended')
    return ack([deps.answers.refused(request, 'SCHEDULE_ENDED', `${id} has ended`)]);
  if (schedule.status === to) return answer(schedule);
  const after = to === 'paused' ? paused(schedule) : scheduledAfter(schedule, nextCronTime, deps.nowMs());
  const verdict = await deps.schedules.write({ id, before, after });
  if (verdict !== 'applied') return retry({ error: 'it changed meanwhile' });
  return answer(after);
}
