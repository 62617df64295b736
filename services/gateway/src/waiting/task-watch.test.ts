import { newTaskId, type TaskChange } from '@nova-torch/protocol';
import { expect, test } from 'vitest';
import { createTaskWatch } from './task-watch.ts';

const taskId = newTaskId(0, 1);
const change = (to: 'running' | 'completed', id = taskId) => ({ task_id: id, to }) as unknown as TaskChange;
const soon = { timeoutMs: 5_000 };

test('a change before the question is not lost, and not told twice', async () => {
  const watches = createTaskWatch(10);
  const watch = watches.open(taskId);
  watches.onChange(change('running'));
  watches.onChange(change('running', newTaskId(0, 2)));
  expect(await watch.next(soon)).toBe('changed');
  expect(await watch.next({ timeoutMs: 5 })).toBe('deadline');
});

test('an end is not covered by a later change, and a wait for the end skips changes', async () => {
  const watches = createTaskWatch(10);
  const watch = watches.open(taskId);
  const next = watch.next({ ...soon, only: 'end' });
  watches.onChange(change('running'));
  watches.onChange(change('completed'));
  expect(await next).toBe('ended');
  watches.onChange(change('completed'));
  watches.onChange(change('running'));
  expect(await watch.next({ ...soon, only: 'end' })).toBe('ended');
});

test('everybody is woken after a gap, and for good by a stop', async () => {
  const watches = createTaskWatch(10);
  const [one, two] = [watches.open(taskId), watches.open(newTaskId(0, 2))];
  const nexts = [one.next({ ...soon, only: 'end' }), two.next(soon)];
  watches.lookAgain();
  expect(await Promise.all(nexts)).toEqual(['look-again', 'look-again']);
  const last = one.next(soon);
  watches.stop();
  expect(await last).toBe('stopping');
  expect(await watches.open(taskId).next(soon)).toBe('stopping');
});

test('a closed watch leaves nothing behind, ends its question, and makes room', async () => {
  const watches = createTaskWatch(1);
  const watch = watches.open(taskId);
  expect(() => watches.open(taskId)).toThrow('waiting for tasks already');
  const next = watch.next(soon);
  watch.close();
  watch.close();
  expect(await next).toBe('stopping');
  expect(watches.size).toBe(0);
  expect(watches.open(taskId)).toBeDefined();
});
