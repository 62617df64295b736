import type { Message, MessageOfType } from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome } from '@nova-torch/streams';
import type { QueryDeps } from './query-deps.ts';

/** One schedule. */
export async function onScheduleGet(
  delivered: Delivered<MessageOfType<'schedule.get.v1'>>,
  { schedules, answers }: QueryDeps,
): Promise<Outcome> {
  const request: Delivered<Message> = delivered;
  const { schedule_id: id } = delivered.message.payload;
  const found = await schedules.one(id);
  if (found === undefined)
    return ack([answers.refused(request, 'SCHEDULE_UNKNOWN', `there is no schedule ${id}`)]);
  return ack([answers.schedule(request, { schedule: found.schedule })]);
}
