import type { ParetoRange } from './draws.ts';

/** What is different between simulated worlds. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly agents: number;
  readonly tasks: number;
  /** Work offered in the mean, of what agents that are not broken could do if tasks went to any able one: 1 is all of it. */
  readonly load: number;
  /** Absent: tasks come evenly. */
  readonly bursts?: Bursts;
  /** Share of the agents with which something is wrong: whatever they are given fails at once. */
  readonly broken?: number;
  /** Seeds it is run with, of which the mean is shown. */
  readonly seeds: number;
}

/** Every `everyS` seconds come, for `forS` seconds, `times` as many tasks as in between; the mean load stays. */
export interface Bursts {
  readonly everyS: number;
  readonly forS: number;
  readonly times: number;
}

export const SCENARIOS: readonly Scenario[] = [
  { name: 'team', title: 'A team of 20, mixed skills', agents: 20, tasks: 4_000, load: 0.7, seeds: 20 },
  { name: 'steady', title: '100 agents, steady', agents: 100, tasks: 20_000, load: 0.8, seeds: 10 },
  {
    ...{ name: 'broken', title: '100 agents, of which 5 fail at everything', agents: 100, tasks: 20_000 },
    ...{ load: 0.8, broken: 0.05, seeds: 10 },
  },
  {
    ...{ name: 'bursty', title: '1,000 agents, bursts', agents: 1_000, tasks: 200_000, load: 0.8, seeds: 3 },
    bursts: { everyS: 1_800, forS: 300, times: 6 },
  },
  {
    ...{
      name: 'large',
      title: '10,000 agents, 1,000,000 tasks',
      agents: 10_000,
      tasks: 1_000_000,
      load: 0.9,
    },
    bursts: { everyS: 1_800, forS: 300, times: 3 },
    seeds: 1,
  },
];

/** What is the same in all worlds. Times in seconds. */
export const NATURE = {
  /** What an attempt takes an agent of slowness 1. */
  work: { shape: 1.5, from: 20, to: 1_800 } satisfies ParetoRange,
  /** Deviation of the logarithm of an agent's slowness, in all and at one type of task. */
  slowness: { agent: 0.25, type: 0.3 },
  /** How much longer an attempt takes for each other task the agent has when it begins. */
  crowding: 0.1,
  /** Of what success would have taken, a failed attempt takes at least so much; one of a broken agent just that. */
  failedShare: { usual: 0.25, broken: 0.02 },
  /** Share of the agents that come and go, how long they are there and away in the mean. */
  comings: { share: 0.2, thereS: 3_600, awayS: 600 },
  capacityMax: 3,
} as const;
