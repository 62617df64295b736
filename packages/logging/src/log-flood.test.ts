import { expect, test } from 'vitest';
import { createLogFlood } from './log-flood.ts';

test('the first lines of a kind in each second are written, the others counted', () => {
  const flood = createLogFlood({ perSecond: 2 });
  const admit = (nowMs: number, message = 'lost', part?: string) => flood.admits(40, message, part, nowMs);
  expect([admit(0), admit(1), admit(2), admit(3)]).toEqual([true, true, false, false]);
  // Another message, level or part is another kind.
  expect([admit(4, 'found'), admit(5, 'lost', 'reader'), flood.admits(50, 'lost', undefined, 6)]).toEqual([
    true,
    true,
    true,
  ]);
  expect([admit(1_000), admit(1_001), admit(1_002)]).toEqual([true, true, false]);
  expect(flood.drain().map(({ message, count }) => [message, count])).toEqual([
    ['lost', 2],
    ['lost', 1],
  ]);
  expect(flood.drain()).toEqual([]);
});

test('kinds without end are let through instead of being kept', () => {
  const flood = createLogFlood({ perSecond: 1 });
  for (let i = 0; i < 1_000; i += 1) flood.admits(30, `kind ${i}`, undefined, 0);
  expect([flood.admits(30, 'one more', undefined, 1), flood.admits(30, 'one more', undefined, 2)]).toEqual([
    true,
    true,
  ]);
  expect(flood.admits(30, 'kind 0', undefined, 3)).toBe(false);
});
