import { expect, test } from 'vitest';
import { createHealth } from './health.ts';

test('all checks must hold; what does not is named with its reason', () => {
  const health = createHealth();
  expect(health.report()).toEqual({ ready: true, missing: [] });
  health.check('broker', () => true);
  health.check('snapshot', () => 'not read yet');
  health.check('journal', () => false);
  health.check('leader', () => {
    throw new Error('unknown');
  });
  expect(health.report()).toEqual({
    ready: false,
    missing: ['snapshot: not read yet', 'journal', 'leader: unknown'],
  });
  for (const name of ['snapshot', 'journal', 'leader']) health.check(name, () => true);
  expect(health.report().ready).toBe(true);
});
