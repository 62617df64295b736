import { expect, test } from 'vitest';
import { AutonomyHour } from './autonomy-hour.ts';

const MINUTE_MS = 60_000;

test('sums up an hour, and forgets what is older', () => {
  const hour = new AutonomyHour();
  expect(hour.figures(0)).toBeUndefined();
  hour.ended(2, { alone: true, completed: true }, 1_000);
  hour.ended(1, { alone: false, completed: false }, 2_000);
  hour.agentsLived(1_800, 3_000);
  hour.ended(1, { alone: true, completed: false }, 30 * MINUTE_MS);
  for (const seconds of [5, 1, 3, 9]) hour.adapted(seconds, 30 * MINUTE_MS);
  expect(hour.figures(59 * MINUTE_MS)).toEqual({
    ...{ window_s: 59 * 60, ended: 4, ended_alone: 3, completed: 2 },
    ...{ agent_hours: 0.5, adaptations: 4, adapt_p50_s: 3 },
  });
  expect(hour.figures(60 * MINUTE_MS)).toMatchObject({
    ended: 1,
    ended_alone: 1,
    completed: 0,
    agent_hours: 0,
  });
  expect(hour.figures(91 * MINUTE_MS)).toBeUndefined();
});

test('a clock that goes back a little changes the present minute', () => {
  const hour = new AutonomyHour();
  hour.agentsLived(1, 2 * MINUTE_MS);
  hour.agentsLived(1, 2 * MINUTE_MS - 5);
  expect(hour.figures(2 * MINUTE_MS)?.agent_hours).toBeCloseTo(2 / 3600);
});
