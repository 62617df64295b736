import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shedAt } from './shedding.ts';

test('sheds in the order low, normal, high, urgent, and never critical', () => {
  expect([49, 50, 75, 90, 100, 1e9].map((waiting) => shedAt(waiting, 100))).toEqual([
    [],
    ['low'],
    ['low', 'normal'],
    ['low', 'normal', 'high'],
    ['low', 'normal', 'high', 'urgent'],
    ['low', 'normal', 'high', 'urgent'],
  ]);
});

test('more waiting never sheds less', () => {
  fc.assert(
    fc.property(fc.nat(2_000), fc.nat(2_000), fc.integer({ min: 1, max: 1_000 }), (a, b, max) => {
      const [less, more] = [shedAt(Math.min(a, b), max), shedAt(Math.max(a, b), max)];
      expect(more.slice(0, less.length)).toEqual(less);
    }),
  );
});
