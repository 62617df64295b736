import { expect, test } from 'vitest';
import { HourlyBudget } from './hourly-budget.ts';

const HOUR_MS = 3_600_000;

test('no hour has more calls or tokens than allowed, wherever it begins', () => {
  const budget = new HourlyBudget({ calls: 2, tokens: 100 });
  expect(budget.take(60, 0)).toBeDefined();
  expect(budget.take(60, 1)).toBeUndefined();
  expect(budget.take(40, HOUR_MS / 2)).toBeDefined();
  expect(budget.take(0, HOUR_MS - 1)).toBeUndefined();
  expect(budget.used(HOUR_MS - 1)).toEqual({ calls: 2, tokens: 100 });
  expect(budget.take(60, HOUR_MS)).toBeDefined();
  expect(budget.used(HOUR_MS)).toEqual({ calls: 2, tokens: 100 });
  expect(budget.used(3 * HOUR_MS)).toEqual({ calls: 0, tokens: 0 });
});

test('what a call really cost counts, what was not made does not', () => {
  const budget = new HourlyBudget({ calls: 10, tokens: 100 });
  const dear = budget.take(10, 0);
  const unmade = budget.take(80, 0);
  if (dear === undefined || unmade === undefined) throw new Error('there was enough');
  budget.correct(dear, 120);
  budget.giveBack(unmade);
  budget.giveBack(unmade);
  expect(budget.used(1)).toEqual({ calls: 1, tokens: 120 });
  expect(budget.take(1, 1)).toBeUndefined();
  expect(budget.take(1, HOUR_MS)).toBeDefined();
  budget.correct(dear, 5);
  expect(budget.used(HOUR_MS)).toEqual({ calls: 1, tokens: 1 });
});
