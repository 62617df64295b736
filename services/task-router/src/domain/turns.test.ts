import { PRIORITIES, type Priority, type TaskId, TaskSpec } from '@nova-torch/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anAgent, aRecord, NOW } from '../../test/support/make.ts';
import { AgentIndex } from './agent-index.ts';
import { HeldTasks } from './held-tasks.ts';
import { planMatches } from './match.ts';
import { RestingAgents } from './resting.ts';
import { DEFAULT_ROUTING } from './routing.ts';
import type { TaskRecord } from './task-record.ts';
import { classOf, demandOf, lineOf, readLineName, waitingScore } from './waiting.ts';
import { type Line, WaitingLines } from './waiting-lines.ts';

/** One agent with one slot, and whoever waits for it. */
function queue() {
  const index = new AgentIndex();
  const agent = anAgent({ role: 'x' });
  index.put(agent);
  const lines = new WaitingLines();
  const records = new Map<TaskId, TaskRecord>();
  const resting = new RestingAgents({ afterFailures: 1, firstMs: 1_000, longestMs: 1_000 });
  let clock = NOW;
  const submit = (submitter: string, priority: Priority = 'normal'): TaskRecord => {
    clock += 1;
    const record = { ...aRecord('ready', {}, { role: 'x', priority }), submitter };
    records.set(record.task_id, record);
    const score = waitingScore(clock, priority);
    lines.added(lines.open(lineOf(record), true), { taskId: record.task_id, score });
    return record;
  };
  /** The task that is served next. */
  const serve = (): TaskRecord | undefined => {
    const terms = { routing: DEFAULT_ROUTING, resting, held: new HeldTasks(), nowMs: NOW };
    const [match] = planMatches(lines.lines(), lines, index, (id) => records.get(id), 1, terms).matches;
    if (match === undefined) return undefined;
    lines.removed(match.line, match.waiter);
    index.cancel(match.agent);
    return match.record;
  };
  return { submit, serve, lines, later: (ms: number) => (clock += ms) };
}

describe('submitters', () => {
  it('take turns: a single task passes the backlog of another, however long that has waited', () => {
    const { submit, serve, later } = queue();
    for (let n = 0; n < 1_000; n += 1) submit('many');
    for (let n = 0; n < 10; n += 1) expect(serve()?.submitter).toBe('many');
    later(24 * 3_600_000);
    const single = submit('one');
    const next = [serve(), serve()];
    expect(next.map((record) => record?.task_id)).toContain(single.task_id);
    for (let n = 0; n < 5; n += 1) submit('some');
    const order = Array.from({ length: 10 }, () => serve()?.submitter);
    expect(order.filter((submitter) => submitter === 'some')).toHaveLength(5);
  });

  it('get nothing for having been away, and cannot push others back by coming anew', () => {
    const { submit, serve } = queue();
    for (let n = 0; n < 200; n += 1) submit('many');
    for (let n = 0; n < 100; n += 1) serve();
    let served = 0;
    for (let n = 0; n < 60; n += 1) {
      // Each of these waits for the first time, and only one at a time: together they take every other turn.
      if (n % 2 === 0) submit(`new-${n}`);
      if (serve()?.submitter === 'many') served += 1;
    }
    expect(served).toBeGreaterThanOrEqual(29);
    const { submit: put, serve: take } = queue();
    for (let n = 0; n < 3; n += 1) put('away');
    for (let n = 0; n < 3; n += 1) take();
    for (let n = 0; n < 20; n += 1) put('busy');
    for (let n = 0; n < 10; n += 1) take();
    for (let n = 0; n < 10; n += 1) put('away');
    const order = Array.from({ length: 10 }, () => take()?.submitter);
    expect(order.filter((submitter) => submitter === 'away').length).toBe(5);
  });

  const step = fc.oneof(
    {
      weight: 2,
      arbitrary: fc.record({ who: fc.constantFrom('a', 'b', 'c'), priority: fc.constantFrom(...PRIORITIES) }),
    },
    { weight: 1, arbitrary: fc.constant('serve' as const) },
  );

  it('never change which class and priority is next, nor the order of one submitter', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }), (steps) => {
        const { submit, serve, lines } = queue();
        const waiting: { record: TaskRecord; score: number }[] = [];
        for (const one of steps) {
          if (one !== 'serve') {
            const record = submit(one.who, one.priority);
            const line: Line = lines.open(lineOf(record), true);
            waiting.push({ record, score: line.window.at(-1)?.score ?? 0 });
            continue;
          }
          const served = serve();
          const first = waiting.toSorted((a, b) => a.score - b.score)[0];
          expect(served?.spec.priority).toBe(first?.record.spec.priority);
          const own = waiting
            .filter(({ record }) => record.submitter === served?.submitter)
            .filter(({ record }) => record.spec.priority === served?.spec.priority);
          expect(own[0]?.record.task_id).toBe(served?.task_id);
          const at = waiting.findIndex(({ record }) => record === served);
          if (at >= 0) waiting.splice(at, 1);
        }
      }),
    );
  });

  it('that go on waiting are served once in each round, whoever else comes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 6 }), { minLength: 50, maxLength: 150, size: 'max' }),
        (arrivals) => {
          const { submit, serve } = queue();
          for (let n = 0; n < arrivals.length; n += 1) submit('patient');
          const open = new Map<string, number>();
          let since = 0;
          for (const who of arrivals) {
            submit(`s${who}`);
            open.set(`s${who}`, (open.get(`s${who}`) ?? 0) + 1);
            const served = serve()?.submitter ?? '';
            if (served === 'patient') since = 0;
            else since += 1;
            // At most one task of each of the seven others in this round, and one in the next.
            expect(since).toBeLessThanOrEqual(14);
          }
        },
      ),
    );
  });
});

describe('the name of a line', () => {
  it('tells the demand, whatever the labels and the submitter are called', () => {
    const unit = fc.constantFrom('|', ';', '=', '&', '%', '{', '}', ',', '*', 'a', 'é', '😀', ' ');
    const name = fc.string({ minLength: 1, maxLength: 6, unit });
    const labels = fc.dictionary(name, name, { minKeys: 1, maxKeys: 3, noNullPrototype: true });
    fc.assert(
      fc.property(
        labels,
        labels,
        fc.boolean(),
        fc.string({ minLength: 1 }),
        (want, avoid, required, submitter) => {
          const spec = TaskSpec.parse({
            ...{ title: 't', role: 'qa', required_skills: ['b', 'a'] },
            ...{ affinity: { labels: want, required }, anti_affinity: { labels: avoid } },
          });
          const read = readLineName(lineOf({ spec, submitter }));
          expect(read.demand).toEqual(demandOf(spec));
          expect(read.className).toBe(classOf(demandOf(spec)));
          expect(read.round).toBe(readLineName(lineOf({ spec, submitter: `${submitter}|x` })).round);
        },
      ),
    );
  });

  it('keeps a task that demands labels from standing before others', () => {
    const wants = (spec: object) => classOf(demandOf(TaskSpec.parse({ title: 't', role: 'x', ...spec })));
    const labels = { zone: 'blue' };
    expect(wants({ affinity: { labels, required: true } })).not.toBe(wants({}));
    expect(wants({ anti_affinity: { labels } })).not.toBe(wants({}));
    expect(wants({ affinity: { labels, required: true } })).not.toBe(wants({ anti_affinity: { labels } }));
    expect(wants({ affinity: { labels } })).toBe(wants({}));
  });
});
