import { leastLoaded } from './least-loaded.ts';
import { nova } from './nova.ts';
import { omniscient } from './omniscient.ts';
import { plainQueue } from './plain-queue.ts';
import { random } from './random.ts';
import { roundRobin } from './round-robin.ts';
import type { Strategy } from './strategy.ts';

export const STRATEGIES: readonly Strategy[] = [
  nova,
  leastLoaded,
  roundRobin,
  random,
  plainQueue,
  omniscient,
];
