import { expect, test } from 'vitest';
import { handInHistory, isPerson } from './hands.ts';

test.each([
  ['admin', true],
  ['jane', true],
  ['agent-0-0193f2ab4c1d7e8f9a0b1c2d3e4f5063', false],
  ['task-router', false],
  ['spawner-1a2b3c', false],
  ['agent-smith', true],
])('%s is a person: %s', (by, yes) => {
  expect(isPerson(by)).toBe(yes);
});

test('a submission a person put back has a hand in it, one that was tried again has none', () => {
  const lost = { outcome: 'lost', consumer: 'task-router-1a2b3c' };
  expect(handInHistory([lost])).toBeUndefined();
  expect(handInHistory([lost, { outcome: 'replayed', consumer: 'admin' }])).toBe('replay');
});
