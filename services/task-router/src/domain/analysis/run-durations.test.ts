import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RunDurations, type RunRecord, statisticsOf, TYPES_MAX } from './run-durations.ts';

const only = (durations: RunDurations): RunRecord => {
  const [record] = durations.takeChanges(10).records.values();
  if (record === undefined) throw new Error('nothing changed');
  return record;
};

it('knows the mean of few, and follows what changed lately', () => {
  const durations = new RunDurations();
  for (const seconds of [1, 2, 3]) durations.note('build', seconds);
  expect(only(durations)).toMatchObject({ count: 3, mean: 2, recent: 2 });
  for (let i = 0; i < 200; i += 1) durations.note('build', 100);
  const { mean, recentMean, count } = statisticsOf(only(durations));
  expect(count).toBe(203);
  expect(mean).toBeCloseTo((6 + 200 * 100) / 203);
  expect(recentMean).toBeGreaterThan(99.9);
});

it('has a 90th percentile within 26 % above the true one', () => {
  const seconds = fc.double({ min: 0.002, max: 600_000, noNaN: true });
  fc.assert(
    fc.property(fc.array(seconds, { minLength: 1, maxLength: 200 }), (all) => {
      const durations = new RunDurations();
      for (const one of all) durations.note('build', one);
      const sorted = all.toSorted((a, b) => a - b);
      const exact = sorted[Math.ceil(0.9 * sorted.length) - 1] ?? 0;
      const { p90 } = statisticsOf(only(durations));
      expect(p90).toBeGreaterThanOrEqual(exact * 0.999);
      expect(p90).toBeLessThanOrEqual(exact * 1.26);
    }),
  );
});

it('forgets old tasks in its percentile, in bounded counts', () => {
  const durations = new RunDurations();
  for (let i = 0; i < 1_000; i += 1) durations.note('build', 500);
  for (let i = 0; i < 3_000; i += 1) durations.note('build', 1);
  const record = only(durations);
  expect(statisticsOf(record).p90).toBeLessThan(1.3);
  expect(Object.values(record.buckets).reduce((sum, n) => sum + n, 0)).toBeLessThan(256);
});

it('keeps a bounded number of types: the one not used for longest makes room, and is told to be dropped', () => {
  const durations = new RunDurations();
  for (let i = 0; i < TYPES_MAX; i += 1) durations.note(`type ${i}`, 1);
  durations.note('type 0', 1);
  durations.note('one more', 1);
  expect(durations.size).toBe(TYPES_MAX);
  const { records, dropped } = durations.takeChanges(TYPES_MAX + 1);
  expect(dropped).toEqual(['type 1']);
  expect(records.has('type 0')).toBe(true);
  expect(records.has('type 1')).toBe(false);
});

it('gives what changed once, in steps, and again when it could not be stored', () => {
  const durations = new RunDurations();
  for (const type of ['a', 'b', 'c']) durations.note(type, 1);
  const first = durations.takeChanges(2);
  expect([...first.records.keys()]).toEqual(['a', 'b']);
  durations.putBack(first);
  expect([...durations.takeChanges(5).records.keys()].sort()).toEqual(['a', 'b', 'c']);
  expect(durations.takeChanges(5)).toEqual({ records: new Map(), dropped: [] });
});

it('goes on from what was stored', () => {
  const before = new RunDurations();
  for (const seconds of [2, 4]) before.note('build', seconds);
  const after = new RunDurations();
  after.load([['build', JSON.parse(JSON.stringify(only(before))) as RunRecord]]);
  after.note('build', 6);
  expect(only(after)).toMatchObject({ count: 3, mean: 4, recent: 4 });
});

it('takes no time that is none', () => {
  const durations = new RunDurations();
  for (const seconds of [Number.NaN, -1, Number.POSITIVE_INFINITY]) durations.note('build', seconds);
  expect(durations.size).toBe(0);
});
