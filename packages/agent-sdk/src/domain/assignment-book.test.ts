import { newAgentId, newMessage, newTaskId, TaskAssignedV1, TaskSpec } from '@nova-torch/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssignmentBook, type Held } from './assignment-book.ts';

const agent_id = newAgentId(0, 1);
const tasks = Array.from({ length: 4 }, (_, n) => newTaskId(0, n + 1));
const spec = TaskSpec.parse({ title: 'a task' });

function assigned(task: number, epoch: number): TaskAssignedV1 {
  const task_id = tasks[task] ?? expect.unreachable();
  return newMessage(
    TaskAssignedV1,
    { task_id, agent_id, epoch, lease: 'l', lease_until_ms: 1, attempt: 1, spec, dependency_results: {} },
    { sender: 'task-router', target: agent_id, nowMs: 1 },
  );
}

const limits = { capacity: 2, waitingMax: 3, memoryMax: 100 };

describe('the book of assignments', () => {
  it('takes, begins and releases', () => {
    const book = new AssignmentBook(limits);
    expect(book.free).toBe(2);
    expect(book.offer(assigned(0, 5), '1-0')).toMatchObject({ kind: 'taken', superseded: [] });
    expect(book.free).toBe(1);
    const held = book.begin() ?? expect.unreachable();
    expect(held).toMatchObject({ phase: 'begun', entryIds: ['1-0'] });
    expect(book.begin()).toBeUndefined();
    book.release(held);
    book.release(held);
    expect(book.size).toBe(0);
    expect(book.offer(assigned(0, 5), '2-0')).toEqual({ kind: 'stale' });
    expect(book.offer(assigned(0, 6), '3-0')).toMatchObject({ kind: 'taken' });
  });

  it('knows a repeat, and whether its entry may go at once', () => {
    const book = new AssignmentBook(limits);
    book.offer(assigned(0, 5), '1-0');
    expect(book.offer(assigned(0, 5), '2-0')).toEqual({ kind: 'repeat', settled: false });
    const held = book.get(tasks[0] ?? '', 5) ?? expect.unreachable();
    expect(held.entryIds).toEqual(['1-0', '2-0']);
    held.settled = true;
    expect(book.offer(assigned(0, 5), '3-0')).toEqual({ kind: 'repeat', settled: true });
  });

  it('is full when too many wait', () => {
    const book = new AssignmentBook({ ...limits, waitingMax: 1 });
    book.offer(assigned(0, 1), '1-0');
    expect(book.offer(assigned(1, 1), '2-0')).toEqual({ kind: 'full' });
    expect(book.waiting).toBe(1);
  });

  it('lets nothing begin that was stopped before it came', () => {
    const book = new AssignmentBook(limits);
    expect(book.close(tasks[0] ?? '', 7)).toEqual([]);
    expect(book.offer(assigned(0, 7), '1-0')).toEqual({ kind: 'stale' });
    expect(book.offer(assigned(0, 8), '2-0')).toMatchObject({ kind: 'taken' });
  });

  it('forgets the oldest of what ended, and no more', () => {
    const book = new AssignmentBook({ ...limits, memoryMax: 1 });
    book.close(tasks[0] ?? '', 7);
    book.close(tasks[1] ?? '', 7);
    expect(book.offer(assigned(0, 7), '1-0')).toMatchObject({ kind: 'taken' });
    expect(book.offer(assigned(1, 7), '2-0')).toEqual({ kind: 'stale' });
  });

  it('holds B1 to B4 whatever comes', () => {
    const task = fc.integer({ min: 0, max: 3 });
    const epoch = fc.integer({ min: 1, max: 5 });
    const step = fc.oneof(
      fc.record({ do: fc.constant('offer' as const), task, epoch }),
      fc.record({ do: fc.constant('stop' as const), task, epoch }),
      fc.record({ do: fc.constant('end' as const), task, epoch }),
      fc.record({ do: fc.constant('begin' as const), task, epoch }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const book = new AssignmentBook(limits);
        const running = new Set<Held>();
        const begun = new Set<string>();
        const closed = new Map<string, number>();
        const close = (id: string, at: number) => closed.set(id, Math.max(at, closed.get(id) ?? 0));
        for (const [index, one] of steps.entries()) {
          const id = tasks[one.task] ?? '';
          if (one.do === 'offer') {
            const offer = book.offer(assigned(one.task, one.epoch), `${index}-0`);
            if (offer.kind !== 'taken') continue;
            expect(one.epoch).toBeGreaterThan(closed.get(id) ?? 0);
            for (const older of offer.superseded) if (!running.has(older)) book.release(older);
          } else if (one.do === 'stop') {
            close(id, one.epoch);
            for (const held of book.close(id, one.epoch)) if (!running.has(held)) book.release(held);
          } else if (one.do === 'end') {
            const [held] = running;
            if (!held) continue;
            running.delete(held);
            close(held.assigned.payload.task_id, held.assigned.payload.epoch);
            book.release(held);
          } else {
            const held = book.begin();
            if (!held) continue;
            const { task_id, epoch: at } = held.assigned.payload;
            const key = `${task_id}@${at}`;
            expect(begun.has(key)).toBe(false);
            expect(at).toBeGreaterThan(closed.get(task_id) ?? 0);
            const ofTask = [...running].filter((other) => other.assigned.payload.task_id === task_id);
            expect(ofTask).toEqual([]);
            begun.add(key);
            running.add(held);
          }
          expect(running.size).toBeLessThanOrEqual(limits.capacity);
          expect(book.waiting).toBeLessThanOrEqual(limits.waitingMax);
          expect(book.size).toBe(running.size + book.waiting);
          expect(book.all()).toHaveLength(book.size);
        }
      }),
    );
  });
});
