import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { ScheduleId } from '../ids.ts';

/**
 * Question: one schedule. Sent on tasks.queries, consumed by any task-router, answered by schedule.state.v1.
 */
export const ScheduleGetV1 = defineMessage('schedule.get.v1', z.object({ schedule_id: ScheduleId }));
export type ScheduleGetV1 = MessageOf<typeof ScheduleGetV1>;
