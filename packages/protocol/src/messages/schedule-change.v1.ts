import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { ScheduleId } from '../ids.ts';

/**
 * Request: pause, resume or delete a schedule. Sent by the gateway on tasks.queue, consumed by the active task-router, answered by
 * schedule.state.v1 with the schedule as it is then, or as it was when it was deleted.
 */
export const ScheduleChangeV1 = defineMessage(
  'schedule.change.v1',
  z.object({
    schedule_id: ScheduleId,
    to: z.enum(['active', 'paused', 'deleted']),
    by: z.string().min(1).max(200),
  }),
);
export type ScheduleChangeV1 = MessageOf<typeof ScheduleChangeV1>;
