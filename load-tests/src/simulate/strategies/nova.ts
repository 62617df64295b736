import { AgentIndex, DEFAULT_ROUTING } from '@nova-torch/task-router';
import type { Strategy } from './strategy.ts';

/** What the task-router does. */
export const nova: Strategy = {
  name: 'Nova-Torch',
  about: 'the score of the task-router, as shipped',
  routing: DEFAULT_ROUTING,
  order: 'lines',
  rests: true,
  newIndex: () => new AgentIndex(DEFAULT_ROUTING),
};
