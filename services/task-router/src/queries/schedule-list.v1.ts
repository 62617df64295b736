import { type Message, type MessageOfType, ScheduleId } from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome } from '@nova-torch/streams';
import type { QueryDeps } from './query-deps.ts';

/** Characters of an answer at most, so that it stays well below what a message may have; a page may be short then. */
const PAGE_CHARS_MAX = 128 * 1024;

/** A page of schedules, the oldest first. */
export async function onScheduleList(
  delivered: Delivered<MessageOfType<'schedule.list.v1'>>,
  { schedules: reader, answers }: QueryDeps,
): Promise<Outcome> {
  const request: Delivered<Message> = delivered;
  const { cursor = '', limit } = delivered.message.payload;
  if (cursor !== '' && !ScheduleId.safeParse(cursor).success) {
    const detail = `${cursor} is not a cursor of a list of schedules`;
    return ack([answers.refused(request, 'CURSOR_INVALID', detail, 'cursor')]);
  }
  const found = await reader.read(await reader.idsAfter(cursor, limit + 1));
  let chars = 0;
  const page = found.slice(0, limit).filter(({ text }, i) => {
    chars += text.length;
    return i === 0 || chars <= PAGE_CHARS_MAX;
  });
  const schedules = page.map(({ schedule }) => schedule);
  const last = schedules.at(-1)?.schedule_id;
  const more = page.length < found.length && last !== undefined;
  return ack([answers.schedulePage(request, more ? { schedules, next_cursor: last } : { schedules })]);
}
