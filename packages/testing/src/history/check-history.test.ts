// Each check with a history that holds, and with one that violates it: a check that cannot fail proves nothing.
import { describe, expect, it } from 'vitest';
import { checkHistory } from './check-history.ts';
import { CHECKS, type CheckName } from './checks.ts';
import type { AgentEvent, AssignEvent, EndEvent, HistoryEvent, SubmitEvent } from './events.ts';

const TASK = { task_id: 'task-1' };
const submit = (at_ms: number, more: Partial<SubmitEvent> = {}): SubmitEvent => ({
  kind: 'submit',
  at_ms,
  answered_at_ms: at_ms + 1,
  answer: 'ok',
  key: 'first',
  dependencies: [],
  ...TASK,
  ...more,
});
const assign = (
  at_ms: number,
  epoch: number,
  agent_id: string,
  more: Partial<AssignEvent> = {},
): AssignEvent => ({
  kind: 'assign',
  at_ms,
  answer: 'ok',
  epoch,
  agent_id,
  ...TASK,
  ...more,
});
const release = (at_ms: number, epoch: number): HistoryEvent => ({ kind: 'release', at_ms, epoch, ...TASK });
const work = (
  kind: AgentEvent['kind'],
  at_ms: number,
  epoch: number,
  agent_id: string,
  more: Partial<AgentEvent> = {},
): AgentEvent => ({
  kind,
  at_ms,
  epoch,
  agent_id,
  answer: 'ok',
  run: `run-${epoch}`,
  taken_epoch: epoch,
  ...(kind === 'result' ? { outcome: 'completed' } : {}),
  ...TASK,
  ...more,
});
const end = (at_ms: number, epoch: number, more: Partial<EndEvent> = {}): EndEvent => ({
  kind: 'end',
  at_ms,
  state: 'completed',
  epoch,
  run: `run-${epoch}`,
  ...TASK,
  ...more,
});
const missed: Partial<AgentEvent> = { answer: 'fail', taken_epoch: undefined };

/** A task whose first agent was taken for dead, and whose late result was refused. */
const GOOD: readonly HistoryEvent[] = [
  submit(10, { deadline_ms: 100 }),
  assign(20, 20, 'ann'),
  work('start', 21, 20, 'ann'),
  work('report', 22, 20, 'ann'),
  release(40, 20),
  assign(41, 41, 'bob'),
  work('start', 42, 41, 'bob'),
  work('result', 45, 20, 'ann', missed),
  work('result', 50, 41, 'bob'),
  release(51, 41),
  end(51, 41),
];
/** The same without what does the first thing that `matches`. */
const without = (...kinds: HistoryEvent['kind'][]) => GOOD.filter(({ kind }) => !kinds.includes(kind));

/** What `checkHistory` finds, by check; checks without findings left out. */
function findingsOf(events: readonly HistoryEvent[], clockSkewMs = 0) {
  const { findings } = checkHistory(events, { clockSkewMs });
  return Object.fromEntries(Object.entries(findings).filter(([, list]) => list.length > 0));
}

/** For every check histories that violate it, and what is said about each. */
const VIOLATIONS: Record<CheckName, readonly (readonly [string, readonly HistoryEvent[], RegExp])[]> = {
  'an accepted task ends exactly once': [
    ['lost', without('end'), /never ended/],
    ['ended twice', [...GOOD, end(70, 41, { state: 'failed' })], /ended again: failed at 70/],
  ],
  'there is nothing nobody asked for': [
    ['never submitted', without('submit'), /nobody submitted/],
    ['refused, and there', [submit(10, { answer: 'fail' }), ...without('submit')], /refused, and yet/],
    [
      'one request, two tasks',
      [...GOOD, submit(11, { task_id: 'task-2' }), end(60, 60, { task_id: 'task-2' })],
      /2 tasks/,
    ],
  ],
  'nothing is taken under a stale epoch': [
    [
      'the late result is taken under the new epoch',
      GOOD.map((event) =>
        event.kind === 'result' && event.answer === 'fail'
          ? { ...event, answer: 'ok', taken_epoch: 41, outcome: 'failed' }
          : event,
      ),
      /result of epoch 20 .* taken under epoch 41/,
    ],
    [
      'the end shows the stale run',
      GOOD.map((event) => (event.kind === 'end' ? { ...event, run: 'run-20' } : event)),
      /shows the result of epoch 20/,
    ],
    [
      'the end shows what nobody did',
      GOOD.map((event) => (event.kind === 'end' ? { ...event, run: 'run-x' } : event)),
      /no agent made/,
    ],
    [
      'a report of one who never had it',
      [...GOOD, work('report', 43, 41, 'eve')],
      /eve was taken; it never had/,
    ],
  ],
  'a task has at most one owner at a time': [
    ['two owners', without('release'), /given to bob while ann held it/],
    [
      'an epoch that falls',
      [...without('assign'), assign(20, 41, 'ann'), assign(41, 20, 'bob')],
      /epoch 20 was given after epoch 41/,
    ],
    [
      'one assignment begun twice',
      [...GOOD, work('start', 43, 41, 'bob', { run: 'again' })],
      /begun 2 times/,
    ],
  ],
  'at most one result of a task is accepted': [
    ['two results', [...GOOD, work('result', 46, 20, 'ann')], /2 results were accepted: runs run-41, run-20/],
  ],
  'dependencies come before dependents': [
    [
      'before its end',
      [
        ...GOOD,
        submit(5, { task_id: 'task-0', key: 'zero' }),
        end(30, 20, { task_id: 'task-0', run: undefined }),
        submit(11, { dependencies: ['task-0'] }),
      ],
      /begun 9 ms before task-0/,
    ],
    [
      'after its failure',
      [
        ...GOOD,
        submit(5, { task_id: 'task-0', key: 'zero' }),
        end(6, 1, { task_id: 'task-0', state: 'failed' }),
        submit(11, { dependencies: ['task-0'] }),
      ],
      /never completed/,
    ],
  ],
  'nothing begins after its deadline': [
    [
      'late',
      [submit(10, { deadline_ms: 30 }), ...without('submit')],
      /bob began it 12 ms after its deadline/,
    ],
  ],
  'a confirmed cancel holds': [
    [
      'completed all the same',
      [...GOOD, { kind: 'cancel', at_ms: 48, answered_at_ms: 49, answer: 'ok', ...TASK }],
      /ended as completed/,
    ],
  ],
  'every dead letter has a reason': [
    [
      'none',
      [...GOOD, { kind: 'dead-letter', at_ms: 60, stream: 'tasks.queue', entry_id: '1-1', reason: ' ' }],
      /tasks.queue 1-1/,
    ],
  ],
};

describe('checkHistory', () => {
  it('finds nothing in a history that holds, and counts it', () => {
    const { valid, counts } = checkHistory(GOOD);
    expect(valid).toBe(true);
    expect(counts).toMatchObject({
      submitted: 1,
      accepted: 1,
      ended: { completed: 1, failed: 0 },
      lost: 0,
      duplicated: 0,
      stale: 0,
      refused_results: 1,
      begun_again: 1,
    });
  });

  it('takes events in any order, and an end seen twice for one', () => {
    expect(findingsOf([...GOOD, end(51, 41)].toReversed())).toEqual(findingsOf(GOOD));
    expect(findingsOf([...GOOD, end(51, 41)])).toEqual({});
  });

  it('has a violating history for every check', () => {
    expect(Object.keys(VIOLATIONS)).toEqual(Object.keys(CHECKS));
  });

  for (const [check, histories] of Object.entries(VIOLATIONS)) {
    it.each(histories)(`${check}: %s`, (_, events, says) => {
      const { valid, findings } = checkHistory(events);
      expect(valid).toBe(false);
      expect(findings[check as CheckName].map(({ what }) => what).join('\n')).toMatch(says);
    });
  }

  it('lets an unknown submission go either way', () => {
    const unknown = submit(10, { answer: 'unknown' });
    const there = [unknown, ...without('submit')];
    expect(findingsOf(there)).toEqual({});
    expect(checkHistory(there).counts).toMatchObject({ unknown: 1, recovered: 1, lost: 0 });
    const gone = [{ ...unknown, task_id: undefined }];
    expect(findingsOf(gone)).toEqual({});
    expect(checkHistory(gone).counts).toMatchObject({ unknown: 1, recovered: 0, lost: 0 });
    // But what is there ends, whoever was told of it.
    expect(Object.keys(findingsOf([unknown, assign(20, 20, 'ann')]))).toEqual([
      'an accepted task ends exactly once',
    ]);
  });

  it('lets an unknown or refused cancel go either way', () => {
    for (const answer of ['unknown', 'fail'] as const) {
      const cancel: HistoryEvent = { kind: 'cancel', at_ms: 48, answered_at_ms: 49, answer, ...TASK };
      expect(findingsOf([...GOOD, cancel])).toEqual({});
      const cancelled = GOOD.map((event) =>
        event.kind === 'end' ? { ...event, state: 'cancelled' as const, run: undefined } : event,
      );
      expect(findingsOf([...cancelled.filter(({ kind }) => kind !== 'result'), cancel])).toEqual({});
    }
  });

  it('lets an agent do work whose fate is unknown', () => {
    const events = GOOD.map((event) =>
      event.kind === 'result' ? { ...event, answer: 'unknown' as const, taken_epoch: undefined } : event,
    );
    expect(findingsOf(events)).toEqual({});
  });

  it('lets a task end again whose end was lost with the data of the broker, and counts it', () => {
    const lost = [...GOOD, end(30, 20, { lost: true })];
    expect(findingsOf(lost)).toEqual({});
    expect(checkHistory(lost).counts.ended_again_after_loss).toBe(1);
    const dependent = { task_id: 'task-9', key: 'nine', dependencies: ['task-1'] };
    const early = [submit(31, dependent), work('start', 35, 35, 'cid', dependent)];
    expect(findingsOf([...lost, ...early])).not.toHaveProperty('dependencies come before dependents');
    expect(findingsOf([...GOOD, ...early])).toHaveProperty('dependencies come before dependents');
  });

  it('allows for clocks that differ', () => {
    const late = [submit(10, { deadline_ms: 40 }), ...without('submit')];
    expect(findingsOf(late, 2)).toEqual({});
    expect(Object.keys(findingsOf(late, 1))).toEqual(['nothing begins after its deadline']);
  });
});
