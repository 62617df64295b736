import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignBatch, BATCH_MAX, type BatchAgent, type BatchOption } from './assign-batch.ts';

type Tasks = readonly (readonly BatchOption<BatchAgent>[])[];

interface Outcome {
  /** Of each task, in order. */
  readonly served: readonly boolean[];
  readonly total: number;
}

function outcomeOf(tasks: Tasks, given: readonly (BatchAgent | undefined)[]): Outcome {
  const taken = new Map<BatchAgent, number>();
  let total = 0;
  for (const [i, agent] of given.entries()) {
    if (agent === undefined) continue;
    const before = taken.get(agent) ?? 0;
    const option = tasks[i]?.find((one) => one.agent === agent);
    if (option === undefined) throw new Error('an agent that is none of its options');
    if (before >= agent.slots) throw new Error('more tasks than slots');
    taken.set(agent, before + 1);
    total += option.score - agent.step * before;
  }
  return { served: given.map((agent) => agent !== undefined), total };
}

/** Whether the first task that only one of the two serves is served by `a`; then whether its total is higher. */
function isBetter(a: Outcome, b: Outcome): boolean {
  const at = a.served.findIndex((served, i) => served !== b.served[i]);
  return at >= 0 ? a.served[at] === true : a.total > b.total;
}

/** The best of all assignments there are. */
function bestOfAll(tasks: Tasks): Outcome {
  let best: Outcome | undefined;
  const free = new Map<BatchAgent, number>();
  const given: (BatchAgent | undefined)[] = [];
  const next = (i: number): void => {
    const options = tasks[i];
    if (options === undefined) {
      const outcome = outcomeOf(tasks, given);
      if (best === undefined || isBetter(outcome, best)) best = outcome;
      return;
    }
    for (const agent of [undefined, ...options.map((one) => one.agent)]) {
      const left = agent === undefined ? 1 : (free.get(agent) ?? agent.slots);
      if (left === 0) continue;
      if (agent !== undefined) free.set(agent, left - 1);
      given[i] = agent;
      next(i + 1);
      if (agent !== undefined) free.set(agent, left);
    }
  };
  next(0);
  return best ?? { served: [], total: 0 };
}

const thousandths = (max: number) => fc.nat({ max }).map((count) => count / 1000);
const agent = fc.record({ slots: fc.integer({ min: 1, max: 3 }), step: thousandths(300) });
const batches: fc.Arbitrary<Tasks> = fc.array(agent, { minLength: 1, maxLength: 4 }).chain((agents) => {
  const option = fc.record({ agent: fc.constantFrom(...agents), score: thousandths(1_000) });
  const options = fc.uniqueArray(option, { selector: (one) => one.agent, maxLength: agents.length });
  return fc.array(options, { minLength: 1, maxLength: 6 });
});

describe('a batch', () => {
  it('serves whom, and scores what, the best of all assignments does', () => {
    fc.assert(
      fc.property(batches, (tasks) => {
        const outcome = outcomeOf(tasks, assignBatch(tasks));
        const best = bestOfAll(tasks);
        expect(outcome.served).toEqual(best.served);
        expect(outcome.total).toBeCloseTo(best.total, 6);
      }),
      { numRuns: 3_000 },
    );
  });

  it('serves as many as can be served, although nobody is left out for a later one', () => {
    const maximum = (tasks: Tasks): number => {
      let most = 0;
      const free = new Map<BatchAgent, number>();
      const next = (i: number, served: number): void => {
        most = Math.max(most, served);
        if (i >= tasks.length) return;
        next(i + 1, served);
        for (const one of tasks[i] ?? []) {
          const left = free.get(one.agent) ?? one.agent.slots;
          if (left === 0) continue;
          free.set(one.agent, left - 1);
          next(i + 1, served + 1);
          free.set(one.agent, left);
        }
      };
      next(0, 0);
      return most;
    };
    fc.assert(
      fc.property(batches, (tasks) => {
        const served = assignBatch(tasks).filter((one) => one !== undefined).length;
        expect(served).toBe(maximum(tasks));
      }),
    );
  });

  it('takes the first of equals, spreads over slots, and goes round a scarce agent', () => {
    const [x, y] = [
      { slots: 2, step: 0.1 },
      { slots: 1, step: 0.1 },
    ];
    const both = [
      { agent: x, score: 0.5 },
      { agent: y, score: 0.5 },
    ];
    expect(assignBatch([both])).toEqual([x]);
    expect(assignBatch([both, both])[1]).toBe(y);
    const onlyX = [{ agent: { ...x, slots: 1 }, score: 0.1 }];
    const scarce = onlyX[0]?.agent ?? x;
    const better = [
      { agent: scarce, score: 0.9 },
      { agent: y, score: 0.2 },
    ];
    expect(assignBatch([better, onlyX])).toEqual([y, scarce]);
    // Who comes first keeps a slot, however much better the other would do.
    expect(assignBatch([onlyX, [{ agent: scarce, score: 1 }]])).toEqual([scarce, undefined]);
  });

  it('is bounded, and empty when nothing is in it', () => {
    expect(assignBatch([])).toEqual([]);
    expect(assignBatch([[]])).toEqual([undefined]);
    expect(() => assignBatch(Array.from({ length: BATCH_MAX + 1 }, () => []))).toThrow(RangeError);
  });

  it('ends, and serves all, at its largest with every score alike or at random', () => {
    const agents = Array.from({ length: BATCH_MAX }, () => ({ slots: 1, step: 0 }));
    for (const scoreOf of [() => 0.5, (i: number, n: number) => ((i * 7919 + n * 104729) % 1009) / 1009]) {
      const tasks = agents.map((_, i) => agents.map((one, n) => ({ agent: one, score: scoreOf(i, n) })));
      const given = assignBatch(tasks);
      expect(new Set(given).size).toBe(BATCH_MAX);
    }
  });
});
