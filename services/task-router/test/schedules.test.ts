// Schedules on a real broker: made, fired, changed, and fired once although a router dies over it.
import {
  newScheduleId,
  type Schedule,
  ScheduleChangeV1,
  ScheduleCreateV1,
  ScheduleGetV1,
  type ScheduleId,
  ScheduleListV1,
  ScheduleSpec,
  type ScheduleSpecInput,
} from '@nova-torch/protocol';
import type { AssembledService } from '@nova-torch/service-kit';
import { eventually } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takeLeadership } from '../src/store/leader.ts';
import { ScheduleBook } from '../src/store/schedules.ts';
import { keys, type Rig, startRig, startRouter, streams } from './support/rig.ts';
import { say } from './support/say.ts';

let rig: Rig;
let router: AssembledService;

beforeAll(async () => {
  rig = await startRig();
  router = await startRouter(rig.url);
});
afterAll(async () => {
  await router.stop();
  await rig.stop();
});

type Spec = Partial<ScheduleSpecInput>;
const askCreate = (spec: Spec, id: ScheduleId = newScheduleId(0, Date.now())) => {
  const whole = { every_s: 3_600, ...spec, task: { title: 'again', ...spec.task } };
  return rig.ask(streams.tasksQueue, say(ScheduleCreateV1, { schedule_id: id, spec: whole, by: 'me' }));
};
async function create(spec: Spec, id?: ScheduleId): Promise<Schedule> {
  const answer = await askCreate(spec, id);
  if (answer.type !== 'schedule.state.v1') throw new Error(JSON.stringify(answer.payload));
  return answer.payload.schedule;
}
const change = (id: ScheduleId, to: 'active' | 'paused' | 'deleted') =>
  rig.ask(streams.tasksQueue, say(ScheduleChangeV1, { schedule_id: id, to, by: 'me' }));
const get = (id: ScheduleId) => rig.ask(streams.tasksQueries, say(ScheduleGetV1, { schedule_id: id }));
async function read(id: ScheduleId): Promise<Schedule> {
  const answer = await get(id);
  if (answer.type !== 'schedule.state.v1') throw new Error(JSON.stringify(answer.payload));
  return answer.payload.schedule;
}

describe('a schedule', () => {
  it('submits a task at each due time, as long as its runs last', async () => {
    const agent = await rig.agent();
    const { schedule_id: id } = await create({
      every_s: 1,
      max_runs: 2,
      overlap: 'queue',
      task: { title: 'tick' },
    });
    await eventually(async () => expect(await read(id)).toMatchObject({ status: 'ended', runs: 2 }));
    const { last_task_id: last } = await read(id);
    if (last === undefined) throw new Error('no task');
    expect(await rig.until(last, 'completed')).toMatchObject({ submitter: 'me', spec: { title: 'tick' } });
    const given = agent.assignments.filter(({ spec }) => spec.title === 'tick');
    expect(new Set(given.map(({ task_id }) => task_id)).size).toBe(2);
    expect(await change(id, 'active')).toMatchObject({ payload: { code: 'SCHEDULE_ENDED' } });
    await agent.leave();
  });

  it('leaves runs out while its task waits', async () => {
    const { schedule_id: id } = await create({ every_s: 1, task: { title: 'slow', role: 'nobody' } });
    await eventually(async () => expect((await read(id)).skipped).toBeGreaterThan(0));
    expect((await read(id)).runs).toBe(1);
    await change(id, 'deleted');
  });

  it('is paused, resumed, listed, deleted; repeats change nothing', async () => {
    const first = await create({});
    expect(await create({}, first.schedule_id)).toEqual(first);
    const id = first.schedule_id;
    for (let i = 0; i < 2; i += 1)
      expect(await change(id, 'paused')).toMatchObject({ payload: { schedule: { status: 'paused' } } });
    expect((await read(id)).next_run_at_ms).toBeUndefined();
    expect(await rig.broker.call('ZSCORE', keys.schedulesDue, id)).toBeNull();
    await change(id, 'active');
    expect((await read(id)).next_run_at_ms).toBe(first.next_run_at_ms);
    const second = await create({ cron: '0 3 * * *', every_s: undefined });
    const page = await rig.ask(streams.tasksQueries, say(ScheduleListV1, { cursor: id, limit: 1 }));
    expect(page).toMatchObject({ payload: { schedules: [{ schedule_id: second.schedule_id }] } });
    await change(id, 'deleted');
    expect(await get(id)).toMatchObject({ payload: { code: 'SCHEDULE_UNKNOWN' } });
    expect(await change(id, 'paused')).toMatchObject({ payload: { code: 'SCHEDULE_UNKNOWN' } });
    await change(second.schedule_id, 'deleted');
    expect(await rig.broker.call('EXISTS', keys.schedules, keys.schedulesDue)).toBeGreaterThanOrEqual(0);
  });

  it.each<[string, Spec, string]>([
    ['a minute there is not', { every_s: undefined, cron: '61 * * * *' }, 'cron'],
    ['a zone there is not', { timezone: 'Mars/Olympus' }, 'timezone'],
    ['a day that never comes', { every_s: undefined, cron: '0 0 30 2 *' }, 'cron'],
    ['an end before its first run', { ends_at: '2020-01-01T00:00:00Z' }, 'ends_at'],
    ['a task too large', { task: { title: 'x', description: 'x'.repeat(70_000) } }, 'task'],
  ])('with %s is refused and not kept', async (_, spec, field) => {
    const id = newScheduleId(0, Date.now());
    expect(await askCreate(spec, id)).toMatchObject({
      type: 'request.refused.v1',
      payload: { code: 'VALIDATION', field },
    });
    expect(await get(id)).toMatchObject({ payload: { code: 'SCHEDULE_UNKNOWN' } });
  });
});

describe('a run', () => {
  it('is one task, however often it is fired', async () => {
    const { schedule_id: id } = await create({
      every_s: 3,
      max_runs: 1,
      task: { title: 'once', role: 'nobody' },
    });
    const [before] = await new ScheduleBook(rig.broker, keys, 0).read([id]);
    if (before === undefined) throw new Error('not stored');
    const done = await eventually(async () => {
      const now = await read(id);
      return now.runs === 1 && now;
    });
    const submitted = async () =>
      (await rig.messages(streams.tasksActive))
        .flatMap((message) => (message.type === 'task.changed.v1' ? message.payload.changes : []))
        .filter(({ from, task_id }) => from === 'none' && task_id === done.last_task_id);
    await eventually(async () => expect(await submitted()).toHaveLength(1));
    // A router that died after the write and before it knew: the same run again, from before it.
    await rig.broker.batch([
      ['HSET', keys.schedules, id, before.text],
      ['ZADD', keys.schedulesDue, before.schedule.next_run_at_ms ?? 0, id],
    ]);
    await router.stop();
    router = await startRouter(rig.url);
    await eventually(async () => expect((await read(id)).runs).toBe(1));
    expect((await read(id)).last_task_id).toBe(done.last_task_id);
    await rig.until(await rig.submit({ ttl: 0.1, role: 'nobody' }), 'expired');
    expect(await submitted()).toHaveLength(1);
    await change(id, 'deleted');
  });

  it('is not written by a router of an old term, nor from an old reading', async () => {
    await router.stop();
    const leadership = await eventually(async () => {
      const taken = await takeLeadership(rig.broker, keys.leader, { instance: 'me', term: 0, leaseMs: 500 });
      return taken.held && taken;
    });
    const book = new ScheduleBook(rig.broker, keys, leadership.term);
    const old = new ScheduleBook(rig.broker, keys, leadership.term - 1);
    const id = newScheduleId(0, Date.now());
    const schedule: Schedule = {
      ...{ schedule_id: id, status: 'active', created_at_ms: 1, created_by: 'me' },
      ...{ runs: 0, skipped: 0, missed: 0, next_run_at_ms: Date.now() + 3_600_000 },
      spec: ScheduleSpec.parse({ every_s: 3_600, task: { title: 't' } }),
    };
    await expect(old.write({ id, before: undefined, after: schedule })).rejects.toThrow('another router');
    expect(await book.write({ id, before: undefined, after: schedule })).toBe('applied');
    const before = await book.one(id);
    const message = say(ScheduleGetV1, { schedule_id: id });
    const length = () => rig.broker.call('XLEN', streams.tasksQueue);
    const begin = Number(await length());
    const after = { ...schedule, runs: 1 };
    expect(await book.write({ id, before, after, message })).toBe('applied');
    expect(await book.write({ id, before, after, message })).toBe('applied');
    expect(await book.write({ id, before, after: { ...schedule, runs: 7 }, message })).toBe('changed');
    expect(Number(await length())).toBe(begin + 1);
    router = await startRouter(rig.url);
    await change(id, 'deleted');
  });
});
