// The simulator of routing: the same seed gives the same run, what must hold in every run does, and the measures measure.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numbersFrom } from '../load-tests/src/numbers.ts';
import { boundOf } from '../load-tests/src/simulate/bound.ts';
import { chartOf } from '../load-tests/src/simulate/chart.ts';
import { compare } from '../load-tests/src/simulate/compare.ts';
import { fate, meanOfPareto, pareto } from '../load-tests/src/simulate/draws.ts';
import { EventQueue } from '../load-tests/src/simulate/event-queue.ts';
import { scenariosFor } from '../load-tests/src/simulate/options.ts';
import { SCENARIOS, type Scenario } from '../load-tests/src/simulate/scenarios.ts';
import { simulate } from '../load-tests/src/simulate/simulation.ts';
import { STRATEGIES } from '../load-tests/src/simulate/strategies/all.ts';
import { Freest } from '../load-tests/src/simulate/strategies/least-loaded.ts';
import { nova } from '../load-tests/src/simulate/strategies/nova.ts';
import { type FreeAgents, PickingIndex } from '../load-tests/src/simulate/strategies/picking-index.ts';
import { plainQueue } from '../load-tests/src/simulate/strategies/plain-queue.ts';
import { AnyOfThem, random } from '../load-tests/src/simulate/strategies/random.ts';
import { InTurn } from '../load-tests/src/simulate/strategies/round-robin.ts';
import { tableOf } from '../load-tests/src/simulate/table.ts';
import { jain } from '../load-tests/src/simulate/turns.ts';
import { buildWorld, fateOf } from '../load-tests/src/simulate/world.ts';

const small: Scenario = { name: 'small', title: 'Small', agents: 24, tasks: 400, load: 0.9, seeds: 2 };
const burst: Scenario = { ...small, load: 1.2, bursts: { everyS: 600, forS: 60, times: 8 } };

const aScenario = fc.record({
  agents: fc.integer({ min: 12, max: 60 }),
  tasks: fc.integer({ min: 1, max: 300 }),
  load: fc.double({ min: 0.3, max: 1.5, noNaN: true }),
  bursts: fc.boolean(),
  seed: fc.nat({ max: 1_000_000 }),
});
const worldOf = ({
  agents,
  tasks,
  load,
  bursts,
  seed,
}: typeof aScenario extends fc.Arbitrary<infer T> ? T : never) =>
  buildWorld({ ...(bursts ? burst : small), agents, tasks, load }, seed);

describe('a run', () => {
  it('is the same for the same seed, and another one for another', () => {
    const timeless = (seed: number) =>
      compare(burst, STRATEGIES, seed).strategies.map(({ strategy, by_seed }) => ({ strategy, by_seed }));
    expect(timeless(7)).toEqual(timeless(7));
    expect(timeless(7)).not.toEqual(timeless(8));
  });

  it('ends each task once, gives nothing before it came, and never ends before the bound', () => {
    fc.assert(
      fc.property(aScenario, (scenario) => {
        const world = worldOf(scenario);
        const runs = STRATEGIES.map((strategy) => simulate(world, strategy));
        for (const run of runs) {
          const completed = run.completedMs.filter((ms) => !Number.isNaN(ms)).length;
          expect(completed + run.failedTasks).toBe(world.trace.length);
          for (const [task, startMs] of run.firstStartMs.entries())
            expect(startMs).toBeGreaterThanOrEqual(world.trace.atMs[task] ?? 0);
          const own = boundOf(world, (task) => !Number.isNaN(run.completedMs[task]));
          let [lastMs, turnaroundMs] = [0, 0];
          for (const [task, endMs] of run.completedMs.entries()) {
            if (Number.isNaN(endMs)) continue;
            lastMs = Math.max(lastMs, endMs);
            turnaroundMs += endMs - (world.trace.atMs[task] ?? 0);
          }
          expect(own.makespanMs).toBeLessThanOrEqual(lastMs);
          expect(own.meanTurnaroundMs).toBeLessThanOrEqual(turnaroundMs / Math.max(1, completed));
        }
      }),
      { numRuns: 40 },
    );
  });

  it('stops when an agent is given more than it has slots, or what it cannot do', () => {
    const world = buildWorld(burst, 1);
    class Blind extends PickingIndex {
      override candidates() {
        return super.candidates({ role: undefined, skills: [] });
      }
    }
    const lavish = new PickingIndex(() => ({ set: () => undefined, pick: () => 0 }));
    const blind = new Blind((_, agents) => new InTurn(agents));
    const wrong = (index: PickingIndex) => () => simulate(world, { ...random, newIndex: () => index });
    expect(wrong(lavish)).toThrow(/has \d of \d tasks/);
    expect(wrong(blind)).toThrow(/cannot be done by agent/);
  });

  it('lets urgent work go first', () => {
    const [ours, queue] = [nova, plainQueue].map((strategy) => {
      const { strategies } = compare({ ...burst, agents: 40, tasks: 3_000, seeds: 1 }, [strategy], 3);
      return strategies[0]?.mean.waiting_by_priority;
    });
    for (const [more, less] of [
      ['critical', 'urgent'],
      ['urgent', 'high'],
      ['high', 'normal'],
      ['normal', 'low'],
    ] as const)
      expect(ours?.[more].mean_s).toBeLessThan(ours?.[less].mean_s ?? 0);
    expect(ours?.critical.p99_s).toBeLessThan(queue?.critical.p99_s ?? 0);
  });

  it('lets nothing starve: a low task is served though more normal ones come than can be done', () => {
    const world = buildWorld({ ...small, agents: 12, tasks: 6_000, load: 2 }, 2);
    const [low, normal] = [0, 1];
    const priority = world.trace.priority.map((_, task) => (task % 10 === 0 ? low : normal));
    const run = simulate({ ...world, trace: { ...world.trace, priority } }, nova);
    const headStartMs = 600_000;
    const lastMs = world.trace.atMs.at(-1) ?? 0;
    const served = [...run.firstStartMs.entries()].filter(
      ([task, startMs]) => task % 10 === 0 && startMs > 2 * headStartMs && startMs < lastMs,
    );
    expect(served.length).toBeGreaterThan(20);
  });

  it('has the same tasks, agents and fates whatever the strategy does with them', () => {
    const [one, other] = [buildWorld(small, 5), buildWorld(small, 5)];
    simulate(one, nova);
    expect(one).toEqual(other);
    const agent = one.kinds[one.trace.kind[0] ?? 0]?.able[0] ?? 0;
    expect(fateOf(one, 0, agent, 1, 0)).toEqual(fateOf(other, 0, agent, 1, 0));
    expect(fateOf(one, 0, agent, 1, 1).tookMs).toBeGreaterThan(fateOf(one, 0, agent, 1, 0).tookMs);
  });
});

describe('the bound', () => {
  it('is what one agent needs who does everything in the best order', () => {
    const world = buildWorld({ ...small, tasks: 3 }, 1);
    const kind = world.kinds[0];
    if (kind === undefined) throw new Error('no kinds');
    const alone = { ...kind, able: [0], slowness: kind.slowness.map((_, agent) => Number(agent === 0)) };
    const [member] = world.fleet;
    if (member === undefined) throw new Error('no agents');
    const fleet = [{ ...member, record: { ...member.record, capacity: 1 } }];
    const trace = {
      ...{ length: 3, kind: new Uint16Array(3), priority: new Uint8Array(3), submitter: new Uint8Array(3) },
      ...{ atMs: Float64Array.of(0, 1_000, 2_000), workMs: Float64Array.of(10_000, 2_000, 1_000) },
    };
    const one = { ...world, kinds: [alone], fleet, trace };
    // From 1 s on the second, from 3 s on the third, from 4 s on what is left of the first.
    expect(boundOf(one, () => true)).toEqual({
      makespanMs: 13_000,
      meanTurnaroundMs: (13_000 + 2_000 + 2_000) / 3,
    });
    expect(boundOf(one, (task) => task > 0).makespanMs).toBe(4_000);
    expect(boundOf(one, () => false)).toEqual({ makespanMs: 0, meanTurnaroundMs: 0 });
  });
});

describe('the parts', () => {
  it('queue of events: by time, of one time in the order added', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 })), (times) => {
        const queue = new EventQueue<readonly [number, number]>();
        for (const [order, atMs] of times.entries()) queue.add(atMs, [atMs, order]);
        const taken = times.map(() => queue.take());
        const expected = times
          .map((atMs, order) => [atMs, order])
          .sort(([a = 0, i = 0], [b = 0, j = 0]) => a - b || i - j);
        expect(taken).toEqual(expected);
        expect(queue.take()).toBeUndefined();
      }),
    );
  });

  it.each<[string, (agents: number) => FreeAgents]>([
    ['random', (agents) => new AnyOfThem(agents, numbersFrom(1))],
    ['round-robin', (agents) => new InTurn(agents)],
    ['least-loaded', (agents) => new Freest(agents)],
  ])('%s picks a free agent whenever there is one', (name, make) => {
    const change = fc.record({ agent: fc.nat({ max: 69 }), share: fc.constantFrom(0, 1 / 3, 0.5, 1) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
        const free = make(70);
        const shares = new Map<number, number>();
        for (const { agent, share } of changes) {
          free.set(agent, share);
          shares.set(agent, share);
          const picked = free.pick();
          const most = Math.max(0, ...shares.values());
          if (most === 0) expect(picked).toBeUndefined();
          else expect(shares.get(picked ?? -1)).toBeGreaterThan(0);
          if (name === 'least-loaded' && most > 0) expect(shares.get(picked ?? -1)).toBe(most);
        }
      }),
    );
  });

  it('round-robin goes round', () => {
    const ring = new InTurn(40);
    for (let agent = 0; agent < 40; agent += 1) ring.set(agent, agent === 3 ? 0 : 1);
    const order = Array.from({ length: 40 }, () => ring.pick());
    expect(order.slice(0, 4)).toEqual([0, 1, 2, 4]);
    expect(order.at(-1)).toBe(0);
  });

  it('draws are what they are called', () => {
    const range = { shape: 1.5, from: 20, to: 1_800 };
    const draw = numbersFrom(3);
    const drawn = Array.from({ length: 200_000 }, () => pareto(draw, range));
    expect(Math.min(...drawn.slice(0, 1_000))).toBeGreaterThanOrEqual(20);
    expect(drawn.reduce((sum, one) => sum + one, 0) / drawn.length / meanOfPareto(range)).toBeCloseTo(1, 1);
    const fates = Array.from({ length: 50_000 }, (_, task) => fate(1, task, task % 7, 1, 0));
    for (const limit of [0.1, 0.5, 0.9])
      expect(fates.filter((one) => one < limit).length / fates.length).toBeCloseTo(limit, 1.7);
  });

  it("Jain's index is 1 for equal shares and 1/n for one that has everything", () => {
    expect(jain([2, 2, 2])).toBe(1);
    expect(jain([1, 0, 0, 0])).toBe(0.25);
  });
});

describe('what is printed', () => {
  const comparison = compare({ ...small, seeds: 1 }, STRATEGIES, 1);

  it('names every strategy, and has no figure that is none', () => {
    for (const text of [tableOf(comparison), chartOf([comparison])]) {
      for (const { name } of STRATEGIES) expect(text).toContain(name);
      expect(text).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  it('says what may be asked for', () => {
    const { scenarios } = scenariosFor({ seed: '4', agents: '50', tasks: '100' }, STRATEGIES);
    expect(scenarios).toMatchObject([
      { name: 'steady', agents: 50, tasks: 100, title: '50 agents, 100 tasks' },
    ]);
    expect(scenariosFor({ seed: '1' }, STRATEGIES).scenarios).toEqual(SCENARIOS);
    expect(() => scenariosFor({ seed: '1', agents: '3' }, STRATEGIES)).toThrow('--agents is 3');
    expect(() => scenariosFor({ seed: '1', scenario: 'calm' }, STRATEGIES)).toThrow(
      `there are ${SCENARIOS.map(({ name }) => name).join(', ')}`,
    );
  });
});
