import { newAgentId } from '@nova-torch/protocol';
import { expect, test } from 'vitest';
import { createDoors, OpenPull } from './doors.ts';

test('doors nobody uses are forgotten, those with an open pull are not', () => {
  let nowMs = 0;
  const doors = createDoors(() => nowMs);
  const [one, two] = [newAgentId(0, 1), newAgentId(0, 1)];
  doors.of(one);
  doors.of(two).open = new OpenPull();
  nowMs = 10 * 60_000;
  expect(doors.sweep()).toBe(1);
  expect(doors.size).toBe(1);
  expect(doors.find(one)).toBeUndefined();
  doors.remove(two);
  expect([...doors.all()]).toEqual([]);
});

test('a ring before the wait is kept; the first end stays', async () => {
  const pull = new OpenPull();
  pull.ring();
  expect(await pull.wait(5_000)).toBe('rang');
  pull.beginRead();
  expect(await pull.wait(1)).toBe('deadline');
  pull.finish('superseded');
  pull.finish('stopping');
  expect(await pull.wait(5_000)).toBe('superseded');
});
