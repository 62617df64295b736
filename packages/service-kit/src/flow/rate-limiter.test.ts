import { expect, test } from 'vitest';
import { createRateLimiter } from './rate-limiter.ts';

const LIMIT = { perSecond: 10, burst: 3 };

test('lets a burst through, then so many a second, each sender for itself', () => {
  const limiter = createRateLimiter();
  const take = (sender: string, nowMs: number) => limiter.take(sender, nowMs, LIMIT);
  expect([1, 2, 3, 4].map(() => take('a', 0).ok)).toEqual([true, true, true, false]);
  expect(take('a', 0)).toEqual({ ok: false, retryAfterMs: 100 });
  expect(take('b', 0)).toEqual({ ok: true });
  expect(take('a', 99)).toEqual({ ok: false, retryAfterMs: 1 });
  expect([take('a', 100).ok, take('a', 100).ok]).toEqual([true, false]);
  expect([1, 2, 3, 4].map(() => take('a', 60_000).ok)).toEqual([true, true, true, false]);
});

test('a clock that goes back gives nothing away', () => {
  const limiter = createRateLimiter();
  for (let n = 0; n < 3; n += 1) limiter.take('a', 1_000, LIMIT);
  expect(limiter.take('a', 0, LIMIT).ok).toBe(false);
  expect(limiter.take('a', 1_050, LIMIT).ok).toBe(false);
});

test('remembers a bounded number of senders, and forgets the one silent for longest', () => {
  const limiter = createRateLimiter(2);
  const use = (sender: string) => limiter.take(sender, 0, { perSecond: 1, burst: 1 }).ok;
  expect([use('a'), use('b'), use('a'), use('c'), use('a'), use('b')]).toEqual([
    true,
    true,
    false,
    true,
    false,
    true,
  ]);
  expect(limiter.senders).toBe(2);
});
