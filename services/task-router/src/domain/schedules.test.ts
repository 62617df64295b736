import {
  newScheduleId,
  newTaskId,
  type Schedule,
  ScheduleSpec,
  type ScheduleSpecInput,
} from '@nova-torch/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOW } from '../../test/support/make.ts';
import { nextCronTime, taskIdOfRun } from '../active/next-time.ts';
import { fire, LATE_MAX_MS, newSchedule, paused, scheduledAfter } from './schedules.ts';

const scheduleId = newScheduleId(0, NOW);
const make = (more: Partial<ScheduleSpecInput>): Schedule => {
  const spec = ScheduleSpec.parse({ task: { title: 'a task' }, ...more });
  return newSchedule({ schedule_id: scheduleId, spec, by: 'me' }, nextCronTime, NOW);
};
const taskIdAt = (dueMs: number) => taskIdOfRun(0, scheduleId, dueMs);
const world = (lastIsOpen = false) => ({ lastIsOpen, taskIdAt });
const iso = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString();

describe('a cron expression', () => {
  const times = (cron: string, timezone: string, from: string, count: number): (string | undefined)[] => {
    const spec = ScheduleSpec.parse({ task: { title: 't' }, cron, timezone });
    let ms: number | undefined = Date.parse(from);
    return Array.from({ length: count }, () => {
      ms = nextCronTime(spec, ms ?? 0);
      return iso(ms);
    });
  };

  it.each<[string, string, string, string, string[]]>([
    [
      'every workday',
      '30 9 * * 1-5',
      'UTC',
      '2026-11-27T10:00:00Z',
      ['2026-11-30T09:30:00.000Z', '2026-12-01T09:30:00.000Z'],
    ],
    [
      'a time that does not exist when clocks go forward comes at the first that does',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-03-28T12:00:00Z',
      ['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z'],
    ],
    [
      'a time that comes twice when clocks go back is the first one only',
      '30 2 * * *',
      'Europe/Berlin',
      '2026-10-24T12:00:00Z',
      ['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'],
    ],
    [
      'a step of minutes goes on through the hour that comes twice',
      '*/30 * * * *',
      'Europe/Berlin',
      '2026-10-25T00:00:00Z',
      ['2026-10-25T00:30:00.000Z', '2026-10-25T01:00:00.000Z', '2026-10-25T01:30:00.000Z'],
    ],
    [
      'a day of month or a day of week, when both are given',
      '0 0 13 * 5',
      'UTC',
      '2026-12-07T00:00:00Z',
      ['2026-12-11T00:00:00.000Z', '2026-12-13T00:00:00.000Z'],
    ],
  ])('%s', (_, cron, timezone, from, expected) => {
    expect(times(cron, timezone, from, expected.length)).toEqual(expected);
  });

  it('without a time that ever comes makes an ended schedule; a wrong one is said to be wrong', () => {
    expect(make({ cron: '0 0 30 2 *' }).status).toBe('ended');
    expect(() => make({ cron: '61 * * * *' })).toThrow('minute');
    expect(() => make({ cron: '* * * * *', timezone: 'Mars/Olympus' })).toThrow('Mars/Olympus');
  });
});

describe('a schedule', () => {
  it.each<[string, object, string]>([
    ['neither', {}, 'cron'],
    ['both', { cron: '* * * * *', every_s: 5 }, 'cron'],
    ['four fields', { cron: '* * * *' }, 'cron'],
    ['a deadline', { every_s: 5, task: { title: 't', deadline: '2030-01-01T00:00:00Z' } }, 'task/deadline'],
    ['a time to run', { every_s: 5, task: { title: 't', run_at: '2030-01-01T00:00:00Z' } }, 'task/run_at'],
  ])('with %s is refused', (_, more, field) => {
    const parsed = ScheduleSpec.safeParse({ task: { title: 't' }, ...more });
    expect(parsed.error?.issues.map(({ path }) => path.join('/'))).toEqual([field]);
  });

  it('fires at its due time, once, and is due again after it', () => {
    const schedule = make({ every_s: 10 });
    expect(fire(schedule, world(), nextCronTime, NOW + 9_999)).toBeUndefined();
    const firing = fire(schedule, world(), nextCronTime, NOW + 10_003);
    expect(firing?.submitDueMs).toBe(NOW + 10_000);
    expect(firing?.schedule).toMatchObject({
      runs: 1,
      last_run_at_ms: NOW + 10_000,
      last_task_id: taskIdAt(NOW + 10_000),
      next_run_at_ms: NOW + 20_000,
    });
    expect(firing && fire(firing.schedule, world(), nextCronTime, NOW + 10_003)).toBeUndefined();
  });

  it('leaves a run out while the last task is open, unless they may queue', () => {
    const open = world(true);
    const skipped = fire(make({ every_s: 10 }), open, nextCronTime, NOW + 10_000);
    expect(skipped).toMatchObject({ submitDueMs: undefined, schedule: { skipped: 1, runs: 0 } });
    const queued = fire(make({ every_s: 10, overlap: 'queue' }), open, nextCronTime, NOW + 10_000);
    expect(queued).toMatchObject({ submitDueMs: NOW + 10_000, schedule: { skipped: 0, runs: 1 } });
  });

  it('makes up for what was missed by one run or by none, never by many', () => {
    const late = NOW + 10_000 + LATE_MAX_MS + 1;
    expect(fire(make({ every_s: 10 }), world(), nextCronTime, late)).toMatchObject({
      submitDueMs: undefined,
      schedule: { missed: 1, runs: 0, next_run_at_ms: NOW + 80_000 },
    });
    expect(fire(make({ every_s: 10, catch_up: 'one' }), world(), nextCronTime, late)).toMatchObject({
      submitDueMs: NOW + 10_000,
      schedule: { missed: 0, runs: 1, next_run_at_ms: NOW + 80_000 },
    });
  });

  it('ends with its last run, or at its end', () => {
    const once = fire(make({ every_s: 10, max_runs: 1 }), world(), nextCronTime, NOW + 10_000);
    expect(once?.schedule).toMatchObject({ status: 'ended', runs: 1 });
    expect(once?.schedule.next_run_at_ms).toBeUndefined();
    const endsAt = new Date(NOW + 15_000).toISOString();
    expect(fire(make({ every_s: 10, ends_at: endsAt }), world(), nextCronTime, NOW + 10_000)).toMatchObject({
      submitDueMs: NOW + 10_000,
      schedule: { status: 'ended' },
    });
  });

  it('does nothing while paused, and goes on from when it is resumed', () => {
    const stopped = paused(make({ every_s: 10 }));
    expect(stopped.next_run_at_ms).toBeUndefined();
    expect(fire(stopped, world(), nextCronTime, NOW + 50_000)).toBeUndefined();
    expect(scheduledAfter(stopped, nextCronTime, NOW + 50_000)).toMatchObject({
      status: 'active',
      next_run_at_ms: NOW + 60_000,
    });
  });

  it('is always due later than before, and never twice for one time', () => {
    fc.assert(
      fc.property(
        fc.record({
          every: fc.integer({ min: 1, max: 100 }),
          overlap: fc.constantFrom('skip' as const, 'queue' as const),
          catchUp: fc.constantFrom('none' as const, 'one' as const),
          waits: fc.array(fc.record({ ms: fc.nat({ max: 200_000 }), open: fc.boolean() }), { maxLength: 40 }),
        }),
        ({ every, overlap, catchUp, waits }) => {
          let schedule = make({ every_s: every, overlap, catch_up: catchUp });
          const ids = new Set<string>();
          let nowMs = NOW;
          for (const { ms, open } of waits) {
            nowMs += ms;
            const due = schedule.next_run_at_ms ?? 0;
            const firing = fire(schedule, world(open), nextCronTime, nowMs);
            expect(firing === undefined).toBe(due > nowMs);
            if (firing === undefined) continue;
            schedule = firing.schedule;
            expect(schedule.next_run_at_ms).toBeGreaterThan(nowMs);
            expect(schedule.next_run_at_ms).toBeLessThanOrEqual(nowMs + every * 1000);
            const { last_task_id: id = '' } = schedule;
            if (firing.submitDueMs === undefined) continue;
            expect(ids.has(id)).toBe(false);
            ids.add(id);
          }
          expect(ids.size).toBe(schedule.runs);
        },
      ),
    );
  });

  it('names the task of a run as any task is named', () => {
    const id = taskIdAt(NOW);
    expect(id).toMatch(/^task-0-[0-9a-f]{12}7[0-9a-f]{3}8[0-9a-f]{15}$/);
    expect(taskIdAt(NOW)).toBe(id);
    expect(taskIdAt(NOW + 1) > id && newTaskId(0, NOW - 1) < id).toBe(true);
  });
});
