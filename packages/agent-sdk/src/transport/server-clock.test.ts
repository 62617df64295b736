import { describe, expect, it } from 'vitest';
import { ServerClock } from './server-clock.ts';

describe('the clock of the broker, over HTTP', () => {
  it('is the local clock before the first answer', () => {
    expect(new ServerClock(() => 1_000).nowMs()).toBe(1_000);
  });

  it('takes the answer that was on its way for the shortest time', () => {
    let nowMs = 1_000;
    const clock = new ServerClock(() => nowMs);
    clock.sample(5_900);
    clock.sample(6_000);
    clock.sample(5_500);
    expect(clock.nowMs()).toBe(6_000);
    nowMs += 10;
    expect(clock.nowMs()).toBe(6_010);
  });

  it('follows a clock that was set, within two minutes', () => {
    let nowMs = 1_000;
    const clock = new ServerClock(() => nowMs);
    clock.sample(6_000);
    for (let minute = 0; minute < 3; minute += 1) {
      nowMs += 61_000;
      clock.sample(nowMs + 1_000);
    }
    expect(clock.nowMs()).toBe(nowMs + 1_000);
  });
});
