import { expect, it } from 'vitest';
import { ServerClock } from '../src/server-clock.ts';

it('believes the answer with the shortest way, not the last', () => {
  const clock = new ServerClock();
  expect(clock.offsetMs).toBe(0);
  // All of a second's delay was on the way back: 500 ms wrong.
  clock.take(1_000, 1_010, 2_000);
  expect(clock.offsetMs).toBe(-490);
  clock.take(10_000, 10_012, 10_004);
  expect(clock.offsetMs).toBe(10);
  clock.take(20_000, 20_020, 21_000);
  expect(clock.offsetMs).toBe(10);
});

it('follows a clock that drifts, and one that is set', () => {
  const clock = new ServerClock();
  clock.take(0, 101, 2);
  expect(clock.offsetMs).toBe(100);
  // An hour later a way ten times as long is better than what was known then.
  clock.take(3_600_000, 3_600_150, 3_600_020);
  expect(clock.offsetMs).toBe(140);
  clock.take(3_630_000, 3_690_000, 3_631_000);
  expect(clock.offsetMs).toBe(59_500);
});
