import {
  createFaultSchedule,
  type FaultScheduleOptions,
  freshSeed,
  type PlannedFault,
  pickOne,
  runFaults,
} from '@nova-torch/testing';
import { expect, test } from 'vitest';

type Kind = 'cut' | 'kill' | 'never';

const options: FaultScheduleOptions<Kind> = {
  seed: 7,
  mix: { cut: { weight: 3 }, kill: { weight: 1, forMs: [100, 200] }, never: { weight: 0 } },
  everyMs: [10, 30],
};

function first(count: number, seed: number): PlannedFault<Kind>[] {
  const schedule = createFaultSchedule({ ...options, seed });
  return Array.from({ length: count }, () => schedule.next());
}

test('a seed decides the whole schedule, and another seed another one', () => {
  expect(first(50, 7)).toEqual(first(50, 7));
  expect(first(50, 8)).not.toEqual(first(50, 7));
  expect(first(3, 7)).toMatchInlineSnapshot(`
    [
      {
        "atMs": 10,
        "forMs": 0,
        "kind": "cut",
        "number": 1,
        "pick": 0.6990287057124078,
      },
      {
        "atMs": 30,
        "forMs": 0,
        "kind": "cut",
        "number": 2,
        "pick": 0.23992518591694534,
      },
      {
        "atMs": 51,
        "forMs": 0,
        "kind": "cut",
        "number": 3,
        "pick": 0.15594836394302547,
      },
    ]
  `);
  expect(freshSeed()).toBeLessThan(2 ** 32);
});

test('faults come by their weights, at growing times, within their bounds', () => {
  const faults = first(4000, 1);
  const share = faults.filter(({ kind }) => kind === 'cut').length / faults.length;
  expect(share).toBeGreaterThan(0.72);
  expect(share).toBeLessThan(0.78);
  expect(faults.some(({ kind }) => kind === 'never')).toBe(false);
  let before = 0;
  for (const { kind, atMs, forMs, pick } of faults) {
    expect(atMs - before).toBeGreaterThanOrEqual(10);
    expect(atMs - before).toBeLessThanOrEqual(30);
    before = atMs;
    expect(forMs === 0 || (forMs >= 100 && forMs <= 200)).toBe(true);
    expect(forMs === 0).toBe(kind === 'cut');
    expect(pick >= 0 && pick < 1).toBe(true);
  }
});

test('it says in one line what it is, the seed first', () => {
  expect(createFaultSchedule(options).describe()).toBe(
    'seed 7, a fault every 10-30 ms: cut 75 %, kill 25 % for 100-200 ms',
  );
});

test('a schedule of nothing is an error', () => {
  const mix = { cut: { weight: 0 } };
  expect(() => createFaultSchedule({ seed: 1, mix, everyMs: [1, 1] })).toThrow(/a positive weight/);
});

test('a pick chooses one of what there is', () => {
  expect(pickOne(['a', 'b'], 0)).toBe('a');
  expect(pickOne(['a', 'b'], 0.999)).toBe('b');
  expect(pickOne([], 0.5)).toBeUndefined();
});

test('faults happen in time until the signal, and those under way are waited for', async () => {
  const struck: number[] = [];
  let underWay = 0;
  const stop = new AbortController();
  const schedule = createFaultSchedule(options);
  await runFaults(
    schedule,
    async ({ number }) => {
      struck.push(number);
      underWay += 1;
      if (number === 5) stop.abort();
      await new Promise((resolve) => setTimeout(resolve, 20));
      underWay -= 1;
    },
    stop.signal,
  );
  expect(struck).toEqual([1, 2, 3, 4, 5]);
  expect(underWay).toBe(0);
});

test('a fault that cannot be made to happen ends the run with its error', async () => {
  const run = runFaults(
    createFaultSchedule(options),
    ({ number }) => {
      if (number === 2) throw new Error('no such process');
    },
    new AbortController().signal,
  );
  await expect(run).rejects.toThrow('no such process');
});
