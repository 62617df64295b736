import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { Schedule } from '../schedule.ts';

/**
 * Answer to schedule.list.v1, on the asker's reply stream.
 */
export const SchedulePageV1 = defineMessage(
  'schedule.page.v1',
  z.object({ schedules: z.array(Schedule), next_cursor: z.string().optional() }),
);
export type SchedulePageV1 = MessageOf<typeof SchedulePageV1>;
