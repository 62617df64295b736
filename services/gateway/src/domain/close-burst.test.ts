import { expect, test } from 'vitest';
import { isBurst } from './close-burst.ts';

const closes = (count: number, atMs = 0) =>
  Array.from({ length: count }, (_, n) => ({ agentId: `a${n}`, atMs }));

test.each([
  [1, 1, false],
  [3, 3, false],
  [4, 4, true],
  [4, 8, false],
  [5, 8, true],
  [500, 1_000, false],
  [501, 1_000, true],
])('%i of %i at once: %s', (count, open, expected) => {
  expect(isBurst(closes(count), open)).toBe(expected);
});

test('closes more than a second before the last do not count', () => {
  expect(isBurst([...closes(9, 0), ...closes(1, 1_000)], 10)).toBe(true);
  expect(isBurst([...closes(9, 0), ...closes(1, 1_001)], 10)).toBe(false);
});
