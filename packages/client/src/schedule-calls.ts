import type { Schedule, ScheduleSpecInput } from '@nova-torch/protocol';
import { type CallOptions, type IdempotentCallOptions, keyHeader } from './calls.ts';
import { DeadLetterCalls } from './dead-letter-calls.ts';
import type { components } from './generated/api.ts';

type Schemas = components['schemas'];
const PAGE = 100;

/** The calls about tasks that are submitted again and again. */
export class ScheduleCalls extends DeadLetterCalls {
  /** Makes a schedule. Safe to repeat: the same idempotency key is the same schedule. */
  async createSchedule(spec: ScheduleSpecInput, options: IdempotentCallOptions = {}): Promise<Schedule> {
    const params = { header: keyHeader(options) };
    const schedule = await this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.POST('/v1/schedules', { ...init, params, body: spec as Schemas['ScheduleSpecInput'] }),
    );
    return schedule as Schedule;
  }

  /** All schedules, the oldest first; pages are asked for as they are needed. */
  async *listSchedules(options: CallOptions = {}): AsyncGenerator<Schedule, void, void> {
    let cursor: string | undefined;
    do {
      const query = { limit: PAGE, ...(cursor !== undefined && { cursor }) };
      const page = await this.calls.run({ ...options, safe: true }, (init) =>
        this.calls.api.GET('/v1/schedules', { ...init, params: { query } }),
      );
      yield* page.schedules as Schedule[];
      cursor = page.next_cursor;
    } while (cursor !== undefined);
  }

  async getSchedule(scheduleId: string, options: CallOptions = {}): Promise<Schedule> {
    const params = { path: { schedule_id: scheduleId } };
    const schedule = await this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.GET('/v1/schedules/{schedule_id}', { ...init, params }),
    );
    return schedule as Schedule;
  }

  /** No run until it is resumed. Safe to repeat. */
  async pauseSchedule(scheduleId: string, options: CallOptions = {}): Promise<Schedule> {
    const params = { path: { schedule_id: scheduleId } };
    const schedule = await this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.POST('/v1/schedules/{schedule_id}/pause', { ...init, params }),
    );
    return schedule as Schedule;
  }

  /** Goes on with the next run from now. Safe to repeat. */
  async resumeSchedule(scheduleId: string, options: CallOptions = {}): Promise<Schedule> {
    const params = { path: { schedule_id: scheduleId } };
    const schedule = await this.calls.run({ ...options, safe: true }, (init) =>
      this.calls.api.POST('/v1/schedules/{schedule_id}/resume', { ...init, params }),
    );
    return schedule as Schedule;
  }

  /** Ends a schedule and forgets it; tasks it submitted go on. Answers with it as it was. */
  async deleteSchedule(scheduleId: string, options: CallOptions = {}): Promise<Schedule> {
    const params = { path: { schedule_id: scheduleId } };
    const schedule = await this.calls.run({ ...options, safe: false }, (init) =>
      this.calls.api.DELETE('/v1/schedules/{schedule_id}', { ...init, params }),
    );
    return schedule as Schedule;
  }
}
