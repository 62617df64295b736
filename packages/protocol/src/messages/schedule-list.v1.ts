import { z } from 'zod';
import { PAGE_MAX } from '../bounds.ts';
import { defineMessage, type MessageOf } from '../envelope.ts';

/**
 * Question: a page of schedules, the oldest first. Sent on tasks.queries, consumed by any task-router, answered by schedule.page.v1.
 */
export const ScheduleListV1 = defineMessage(
  'schedule.list.v1',
  z.object({ cursor: z.string().max(200).optional(), limit: z.int().min(1).max(PAGE_MAX).default(50) }),
);
export type ScheduleListV1 = MessageOf<typeof ScheduleListV1>;
