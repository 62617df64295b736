import { boundOf } from './bound.ts';
import { type BoundMeasures, boundMeasures, type Measures, meanOf, measure } from './measures.ts';
import type { Scenario } from './scenarios.ts';
import { simulate } from './simulation.ts';
import type { Strategy } from './strategies/strategy.ts';
import { buildWorld } from './world.ts';

export interface Compared {
  readonly strategy: string;
  /** The mean over the seeds. */
  readonly mean: Measures;
  readonly by_seed: readonly Measures[];
  /** Processor time that simulating it took, all seeds together. */
  readonly took_s: number;
}

export interface Comparison {
  readonly scenario: Scenario;
  readonly seeds: readonly number[];
  readonly bound: { readonly mean: BoundMeasures; readonly by_seed: readonly BoundMeasures[] };
  readonly strategies: readonly Compared[];
}

/** Of this process: the clock also tells of others, and of being stopped. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Runs all strategies in the same worlds, one for each seed from `seed` on. `told` hears of each run that ended. */
export function compare(
  scenario: Scenario,
  strategies: readonly Strategy[],
  seed: number,
  told: (strategy: string, seed: number, tookS: number) => void = () => undefined,
): Comparison {
  const seeds = Array.from({ length: scenario.seeds }, (_, at) => seed + at);
  const bounds: BoundMeasures[] = [];
  const runs = strategies.map(({ name }) => ({ strategy: name, by_seed: [] as Measures[], took_s: 0 }));
  for (const one of seeds) {
    const world = buildWorld(scenario, one);
    const seen = strategies.map((strategy, at) => {
      const beganS = cpuSeconds();
      const observations = simulate(world, strategy);
      const tookS = cpuSeconds() - beganS;
      const run = runs[at];
      if (run !== undefined) run.took_s += tookS;
      told(strategy.name, one, tookS);
      return observations;
    });
    const counts = (task: number): boolean =>
      seen.every(({ completedMs }) => !Number.isNaN(completedMs[task]));
    for (const [at, observations] of seen.entries())
      runs[at]?.by_seed.push(measure(world, observations, counts));
    bounds.push(boundMeasures(boundOf(world, counts)));
  }
  return {
    ...{ scenario, seeds, bound: { mean: meanOf(bounds), by_seed: bounds } },
    strategies: runs.map((run) => ({ ...run, mean: meanOf(run.by_seed) })),
  };
}
