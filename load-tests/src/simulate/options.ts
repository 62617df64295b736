import { SCENARIOS, type Scenario } from './scenarios.ts';
import type { Strategy } from './strategies/strategy.ts';

/** What is typed behind `pnpm simulate`. */
export interface SimulateArguments {
  readonly scenario?: string | undefined;
  readonly agents?: string | undefined;
  readonly tasks?: string | undefined;
  readonly load?: string | undefined;
  readonly seed: string;
  readonly seeds?: string | undefined;
  readonly only?: string | undefined;
}

/** What is held in memory grows with both. */
const AGENTS = { min: 10, max: 10_000 };
const TASKS = { min: 1, max: 1_000_000 };

/** What is to be simulated. Throws an error that says which argument is wrong and what it may be. */
export function scenariosFor(given: SimulateArguments, strategies: readonly Strategy[]) {
  const change = {
    ...(given.agents !== undefined && { agents: whole('agents', given.agents, AGENTS) }),
    ...(given.tasks !== undefined && { tasks: whole('tasks', given.tasks, TASKS) }),
    ...(given.seeds !== undefined && { seeds: whole('seeds', given.seeds, { min: 1, max: 1_000 }) }),
    ...(given.load !== undefined && { load: loadOf(given.load) }),
  };
  const isOther = change.agents !== undefined || change.tasks !== undefined;
  const chosen = named('scenario', given.scenario ?? (isOther ? 'steady' : undefined), SCENARIOS);
  const scenarios = chosen.map((scenario): Scenario => {
    const { agents, tasks } = { ...scenario, ...change };
    const title = `${agents.toLocaleString('en-US')} agents, ${tasks.toLocaleString('en-US')} tasks`;
    return { ...scenario, ...change, ...(isOther && { title }) };
  });
  return {
    scenarios,
    strategies: named('only', given.only, strategies),
    seed: whole('seed', given.seed, { min: 0, max: 2 ** 31 - 1 }),
  };
}

function whole(
  name: string,
  text: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new RangeError(`--${name} is ${text}; it must be a whole number from ${min} to ${max}`);
}

function loadOf(text: string): number {
  const load = Number(text);
  if (load > 0 && load <= 2) return load;
  throw new RangeError(`--load is ${text}; it must be above 0 and at most 2`);
}

function named<T extends { readonly name: string }>(
  option: string,
  names: string | undefined,
  all: readonly T[],
): readonly T[] {
  if (names === undefined) return all;
  return names.split(',').map((name) => {
    const found = all.find((one) => one.name === name);
    if (found !== undefined) return found;
    throw new RangeError(`--${option} names ${name}; there are ${all.map((one) => one.name).join(', ')}`);
  });
}
