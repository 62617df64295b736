import { random } from './random.ts';
import type { Strategy } from './strategy.ts';

/** What a work queue does that knows neither priorities nor submitters. */
export const plainQueue: Strategy = {
  ...random,
  name: 'plain queue',
  about: 'first come, first served, by any agent with a free slot',
  order: 'arrival',
};
