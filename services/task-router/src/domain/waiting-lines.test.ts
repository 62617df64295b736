import type { TaskId } from '@nova-torch/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anAgent, aRecord, NOW } from '../../test/support/make.ts';
import { AgentIndex } from './agent-index.ts';
import { failAttempt } from './attempts.ts';
import { openDraft } from './draft.ts';
import { HeldTasks } from './held-tasks.ts';
import { planMatches } from './match.ts';
import { RestingAgents } from './resting.ts';
import { DEFAULT_ROUTING } from './routing.ts';
import type { TaskRecord } from './task-record.ts';
import { classOf, demandOf, lineOf, PRIORITY_BOOST_MS, readLineName, waitingScore } from './waiting.ts';
import { type Waiter, WaitingLines, WINDOW_SIZE } from './waiting-lines.ts';

const id = (n: number): TaskId => `task-0-${String(n).padStart(32, '0')}` as TaskId;
const inOrder = (waiters: readonly Waiter[]): Waiter[] =>
  waiters.toSorted((a, b) => a.score - b.score || (a.taskId < b.taskId ? -1 : 1));

describe('a class of demand', () => {
  it('is named by role and sorted skills, and read back', () => {
    const demand = { role: 'qa', skills: ['a', 'b'] };
    expect(readLineName(classOf(demand)).demand).toEqual(demand);
    expect(readLineName(classOf({ role: undefined, skills: [] })).demand).toEqual({
      role: undefined,
      skills: [],
    });
    const { spec } = aRecord('ready', {}, { required_skills: ['b', 'a', 'b'] });
    expect(classOf(demandOf(spec))).toBe('*|a,b');
  });

  it('orders by priority, and by age beyond its head start', () => {
    expect(waitingScore(NOW, 'critical')).toBeLessThan(waitingScore(NOW, 'low'));
    const old = waitingScore(NOW - PRIORITY_BOOST_MS.high - 1, 'low');
    expect(old).toBeLessThan(waitingScore(NOW, 'high'));
  });
});

describe('a line', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), n: fc.nat({ max: 900 }) }),
    fc.record({
      kind: fc.constantFrom(
        'take' as const,
        'written' as const,
        'back' as const,
        'load' as const,
        'cancel' as const,
      ),
      n: fc.nat({ max: 900 }),
    }),
  );

  it('is a prefix of the line in the store, in its order, whatever happens', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 50, maxLength: 300, size: 'max' }),
        fc.nat({ max: 800 }),
        (steps, backlog) => {
          // Kept as the store keeps it; ids above 900 are the backlog of before.
          const store = new Map<TaskId, Waiter>();
          for (let n = 0; n < backlog; n += 1)
            store.set(id(1_000 + n), { taskId: id(1_000 + n), score: 500 + n });
          const lines = new WaitingLines();
          const line = lines.open('x|', false);
          line.size = store.size;
          const taken: Waiter[] = [];
          for (const { kind, n } of steps) {
            const waiter = { taskId: id(n), score: (n * 7919) % 1_000 };
            if (lines.get('x|') !== line) return;
            if (kind === 'add' && !store.has(waiter.taskId)) {
              store.set(waiter.taskId, waiter);
              lines.added(line, waiter);
            } else if (kind === 'cancel' && store.has(waiter.taskId) && !line.taken.has(waiter.taskId)) {
              store.delete(waiter.taskId);
              lines.removed(line, waiter);
            } else if (kind === 'take') {
              const first = lines.take(line);
              const expected = inOrder(
                [...store.values()].filter(
                  ({ taskId }) => !line.taken.has(taskId) || taskId === first?.taskId,
                ),
              )[0];
              if (first !== undefined) {
                expect(first).toEqual(expected);
                taken.push(first);
              }
            } else if (kind === 'written' || kind === 'back') {
              const one = taken.pop();
              if (one === undefined) continue;
              if (kind === 'back') lines.putBack(line, one);
              else {
                store.delete(one.taskId);
                lines.removed(line, one);
              }
            } else if (kind === 'load' && lines.needsLoad(line)) {
              const asked = lines.beginLoad(line);
              const first = inOrder([...store.values()]).slice(0, asked);
              const size = store.size;
              if (!store.has(waiter.taskId)) {
                store.set(waiter.taskId, waiter);
                lines.added(line, waiter);
              }
              lines.loaded(line, first, asked, size);
              line.size = store.size;
            }
            expect(line.size).toBe(store.size);
            const free = inOrder([...store.values()].filter(({ taskId }) => !line.taken.has(taskId)));
            expect(line.window).toEqual(free.slice(0, line.window.length));
            if (line.complete) expect(line.window).toHaveLength(free.length);
            expect(line.window.length).toBeLessThanOrEqual(2 * WINDOW_SIZE + 1);
          }
        },
      ),
      { numRuns: 15 },
    );
  });
});

describe('a plan of matches', () => {
  const setUp = (agents: number, roles: readonly string[]) => {
    const index = new AgentIndex();
    for (let i = 0; i < agents; i += 1) index.put(anAgent({ role: roles[i % roles.length] ?? 'x' }));
    const lines = new WaitingLines();
    const records = new Map<TaskId, TaskRecord>();
    const wait = (role: string, score: number, taskType = 'task'): TaskRecord => {
      const record = aRecord('ready', {}, { role, task_type: taskType });
      records.set(record.task_id, record);
      lines.added(lines.open(lineOf(record), true), { taskId: record.task_id, score });
      return record;
    };
    const terms = {
      routing: DEFAULT_ROUTING,
      resting: new RestingAgents({ afterFailures: 1, firstMs: 1_000, longestMs: 1_000 }),
      held: new HeldTasks(),
      nowMs: NOW,
    };
    const plan = (limit = 100) =>
      planMatches(lines.lines(), lines, index, (taskId) => records.get(taskId), limit, terms);
    return { index, lines, records, wait, plan, terms };
  };

  it('takes the first of all lines next, as long as somebody can do it', () => {
    const { wait, plan, index } = setUp(3, ['x', 'y']);
    const [late, first, second, third] = [wait('x', 9), wait('x', 1), wait('y', 2), wait('x', 3)];
    wait('z', 0);
    const { matches } = plan();
    expect(matches.map(({ record }) => record.task_id)).toEqual([
      first.task_id,
      second.task_id,
      third.task_id,
    ]);
    expect(index.freeSlots).toBe(0);
    expect(late.state).toBe('ready');
  });

  it('sets aside what only resting agents could take, and lets others of the line pass', () => {
    const { wait, plan, index, terms, lines } = setUp(1, ['x']);
    const [agent] = index.agents();
    if (agent === undefined) throw new Error('no agent');
    const failing = openDraft(aRecord('running', { agent_id: agent.id, attempt: 1 }, { task_type: 'build' }));
    const error = { code: 'AGENT_REPORTED', message: 'no' };
    const moment = { nowMs: NOW, random: () => 0.5 };
    terms.resting.observe(failAttempt(failing, { error, actor: agent.id }, moment), NOW);
    const [build, other] = [wait('x', 1, 'build'), wait('x', 2, 'test')];
    const first = plan();
    expect(first.matches.map(({ record }) => record.task_id)).toEqual([other.task_id]);
    expect(first.parked.map(({ waiter }) => waiter.taskId)).toEqual([build.task_id]);
    // Only who was served has had its turn.
    expect(lines.get(lineOf(build))?.tag).toBe(2);
    for (const { agent: taken } of first.matches) index.cancel(taken);
    for (const { line, waiter } of first.parked) lines.putBack(line, waiter);
    terms.nowMs = NOW + 1_000;
    expect(plan().matches.map(({ record }) => record.task_id)).toEqual([build.task_id]);
  });

  it('names what must be read first, and goes on where a limit stopped it', () => {
    const { wait, plan, records, lines } = setUp(4, ['x']);
    const unknown = wait('x', 1);
    records.delete(unknown.task_id);
    wait('x', 2);
    expect(plan().unread.map(({ waiters }) => waiters.map(({ taskId }) => taskId))).toEqual([
      [unknown.task_id],
    ]);
    records.set(unknown.task_id, unknown);
    const limited = plan(1);
    expect(limited.matches).toHaveLength(1);
    expect(limited.unfinished.map(({ name }) => name)).toEqual(['x|||normal|somebody']);
    const dry = lines.open('x|a', false);
    dry.size = 3;
    expect(plan().dry).toEqual([dry]);
  });
});
