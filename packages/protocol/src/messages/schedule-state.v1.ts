import { z } from 'zod';
import { defineMessage, type MessageOf } from '../envelope.ts';
import { Schedule } from '../schedule.ts';

/**
 * Answer about one schedule, on the asker's reply stream.
 */
export const ScheduleStateV1 = defineMessage('schedule.state.v1', z.object({ schedule: Schedule }));
export type ScheduleStateV1 = MessageOf<typeof ScheduleStateV1>;
