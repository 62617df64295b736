import { expect, test, vi } from 'vitest';
import { createLogLevels } from './log-levels.ts';

const at = (nowMs: () => number) => {
  const logger = { level: 'silent' };
  const levels = createLogLevels('info', nowMs);
  levels.follow(logger);
  return { logger, levels };
};

test('a change holds for all loggers, the newest one, and ends by itself', async () => {
  const { logger, levels } = at(() => Date.now());
  const later = { level: 'silent' };
  expect(logger.level).toBe('info');
  levels.change({ level: 'trace', until_ms: Date.now() + 60_000 });
  levels.change({ level: 'debug', until_ms: Date.now() + 50 });
  levels.follow(later);
  expect([logger.level, later.level, levels.changed?.level]).toEqual(['debug', 'debug', 'debug']);
  await expect.poll(() => logger.level, { timeout: 20_000 }).toBe('info');
  expect([later.level, levels.changed]).toEqual(['info', undefined]);
});

test('one that is over already ends the one before', () => {
  const { logger, levels } = at(() => 1_000);
  levels.change({ level: 'debug', until_ms: 60_000 });
  levels.change({ level: 'error', until_ms: 1_000 });
  expect([logger.level, levels.changed]).toEqual(['info', undefined]);
  levels.change({ level: 'warn', until_ms: 9_000 });
  levels.stop();
  expect(logger.level).toBe('info');
});

test('one that was to hold for longer than a timer can be set ends after a day', () => {
  vi.useFakeTimers();
  try {
    const { logger, levels } = at(() => Date.now());
    levels.change({ level: 'debug', until_ms: Date.now() + 365 * 86_400_000 });
    vi.advanceTimersByTime(86_400_000 - 1);
    expect(logger.level).toBe('debug');
    vi.advanceTimersByTime(1);
    expect(logger.level).toBe('info');
  } finally {
    vi.useRealTimers();
  }
});
