import { expect, test } from 'vitest';
import { failureBudget } from './failures.ts';

test('so many in a second are recorded, at once or one after the other', () => {
  const budget = failureBudget(10);
  const taken = (nowMs: number, times: number) =>
    Array.from({ length: times }, () => budget.take(nowMs)).filter(Boolean).length;
  expect(taken(5_000, 20)).toBe(10);
  expect(taken(5_050, 20)).toBe(0);
  expect(taken(5_200, 20)).toBe(2);
  expect(taken(90_000, 20)).toBe(10);
});
