import { expect, test } from 'vitest';
import { boundNames } from './bounded-names.ts';

test('the heaviest names stay, the others become one', () => {
  const called = boundNames(
    new Map([
      ['pm', 1],
      ['qa', 5],
      ['developer', 9],
      ['devops', 1],
    ]),
    3,
  );
  expect(['developer', 'qa', 'devops', 'pm', 'nobody'].map(called)).toEqual([
    'developer',
    'qa',
    'devops',
    'other',
    'other',
  ]);
});

test('no more names than the bound are all shown', () => {
  const called = boundNames(new Map([['qa', 0]]), 1);
  expect([called('qa'), called('pm')]).toEqual(['qa', 'other']);
});
