// The check at the end of a run with a backlog finds what must not be.
import { beforeEach, describe, expect, it } from 'vitest';
import { AssignmentBook } from '../load-tests/src/backlog/assignment-book.ts';
import { isExact } from '../load-tests/src/backlog/print-report.ts';

const TASKS = ['task-0-a', 'task-0-b'];
let book: AssignmentBook;
let seq = 0;

beforeEach(() => {
  book = new AssignmentBook(TASKS);
});

const change = (task_id: string, from: string, to: string, epoch: number): object => {
  seq += 1;
  return { task_id, seq, from, to, at_ms: 1_000 + seq, epoch, attempt: 1 };
};
const say = (sender: string, ...changes: object[]): void =>
  book.take(JSON.stringify({ id: 'm', sender, type: 'task.changed.v1', payload: { changes } }));
const give = (sender: string, id: string, epoch: number): void =>
  say(sender, change(id, 'ready', 'assigned', epoch));
const end = (id: string, epoch: number): void => say('one', change(id, 'assigned', 'completed', epoch));
const found = () => ({ ...book.found, tasks: 2, ran: 2, ran_distinct: 2 });

describe('the book of assignments', () => {
  it('holds when each task was given away and ended once', () => {
    for (const id of TASKS) {
      give('one', id, 5);
      end(id, 5);
    }
    expect(found()).toMatchObject({ assigned: 2, assigned_again: 0, assigned_twice: 0, completed: 2 });
    expect(isExact(found())).toBe(true);
  });

  it('takes it for no fault that a task is given away again after it was given back', async () => {
    give('one', 'task-0-a', 5);
    say('one', change('task-0-a', 'assigned', 'ready', 5));
    give('two', 'task-0-a', 6);
    for (const id of TASKS) end(id, 6);
    await book.completed(2);
    expect(found()).toMatchObject({ assigned: 2, assigned_again: 1, assigned_twice: 0 });
    expect(isExact(found())).toBe(true);
  });

  it('finds a task that two routers gave away', () => {
    give('one', 'task-0-a', 5);
    give('two', 'task-0-a', 6);
    for (const id of TASKS) end(id, 6);
    expect(found()).toMatchObject({ assigned_twice: 1 });
    expect(isExact(found())).toBe(false);
  });

  it('finds an epoch that did not rise', () => {
    give('one', 'task-0-a', 5);
    say('one', change('task-0-a', 'assigned', 'ready', 5));
    give('two', 'task-0-a', 5);
    expect(found()).toMatchObject({ assigned_twice: 1 });
  });

  it('finds a second end, an end that is no completion, and a missing one', () => {
    end('task-0-a', 5);
    expect(isExact(found())).toBe(false);
    end('task-0-a', 5);
    say('one', change('task-0-b', 'assigned', 'failed', 5));
    expect(found()).toMatchObject({ completed: 1, completed_twice: 1, not_completed: 1 });
  });

  it('finds a task that ran twice', () => {
    for (const id of TASKS) end(id, 5);
    expect(isExact(found())).toBe(true);
    expect(isExact({ ...found(), ran: 3 })).toBe(false);
  });

  it('tells when another router gives something away, and how long a watched task waited', async () => {
    const another = book.givenByAnother('one');
    const wait = book.watch('task-0-c');
    say('one', change('task-0-c', 'none', 'ready', 0));
    give('one', 'task-0-a', 5);
    say('two', change('task-0-b', 'assigned', 'running', 5));
    give('two', 'task-0-c', 7);
    await another;
    expect((wait.assignedMs ?? 0) - (wait.readyMs ?? 0)).toBe(3);
  });
});
