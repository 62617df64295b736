import { afterEach, expect, test, vi } from 'vitest';
import { BreakerOpenError, createBreaker } from './breaker.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('makes no call after several failed in a row, and closes when one it tries goes well', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const breaker = createBreaker({ breakAfter: 2, tryAfterMs: 200, tryAfterMsMax: 200 });
  let [made, works] = [0, false];
  const call = () =>
    breaker.run(async () => {
      made += 1;
      if (!works) throw new Error('it is down');
      return made;
    });
  for (const _ of [1, 2]) await expect(call()).rejects.toThrow('it is down');
  expect(breaker.state).toBe('open');
  await expect(call()).rejects.toBeInstanceOf(BreakerOpenError);
  expect(made).toBe(2);
  works = true;
  vi.advanceTimersByTime(200);
  expect(await call()).toBe(3);
  expect(breaker.state).toBe('closed');
});
