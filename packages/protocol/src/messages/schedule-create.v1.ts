import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { ScheduleId } from '../ids.ts';
import { ScheduleSpec } from '../schedule.ts';

/**
 * Request: submit this task again and again. Sent by the gateway on tasks.queue, consumed by the active task-router, answered by
 * schedule.state.v1. A repeat with the same schedule_id changes nothing.
 */
export const ScheduleCreateV1 = defineMessage(
  'schedule.create.v1',
  z.object({ schedule_id: ScheduleId, spec: ScheduleSpec, by: z.string().min(1).max(200) }),
);
export type ScheduleCreateV1 = MessageOf<typeof ScheduleCreateV1>;
