import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOW } from '../../test/support/make.ts';
import { progressLogFrom } from '../store/record-fields.ts';
import { estimatedEndMs, logEntry, PROGRESS_LOG_MAX } from './progress-log.ts';

describe('the estimate of the end', () => {
  it.each<[string, number | undefined, number | undefined, number, number | undefined]>([
    ['a quarter done in 10 s: 30 s more', 25, 10_000, 10_000, NOW + 40_000],
    ['done', 100, 10_000, 12_000, NOW + 12_000],
    ['overdue: not before now', 50, 10_000, 90_000, NOW + 90_000],
    ['nothing done', 0, 10_000, 10_000, undefined],
    ['no percentage', undefined, 10_000, 10_000, undefined],
    ['a report of the attempt before', 50, -1, 10_000, undefined],
  ])('%s', (_, percent, reportedMs, nowMs, expected) => {
    const progress = { at_ms: NOW + (reportedMs ?? 0), ...(percent === undefined ? {} : { percent }) };
    expect(estimatedEndMs(NOW, progress, NOW + nowMs)).toBe(expected);
  });

  it('needs a start and a report', () => {
    expect(estimatedEndMs(undefined, { at_ms: NOW, percent: 1 }, NOW)).toBeUndefined();
    expect(estimatedEndMs(NOW, undefined, NOW)).toBeUndefined();
  });
});

describe('the log of progress', () => {
  it('keeps the last ones in their order, with long texts cut', () => {
    fc.assert(
      fc.property(fc.nat({ max: 70 }), (count) => {
        const places: (string | null)[] = Array.from({ length: PROGRESS_LOG_MAX }, () => null);
        for (let i = 0; i < count; i += 1) places[i % PROGRESS_LOG_MAX] = JSON.stringify({ at_ms: i });
        const first = Math.max(0, count - PROGRESS_LOG_MAX);
        const expected = Array.from({ length: count - first }, (_, i) => first + i);
        expect(progressLogFrom(places, count).map(({ at_ms }) => at_ms)).toEqual(expected);
      }),
    );
    expect(logEntry({ at_ms: 1, message: 'x'.repeat(2_000) }).message).toHaveLength(200);
    expect(logEntry({ at_ms: 1, message: 'short' }).message).toBe('short');
  });
});
