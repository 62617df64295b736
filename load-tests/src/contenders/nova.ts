import type { Contender } from '../contest.ts';
export const nova = (_agents: number): Contender => ({ name: 'Nova-Torch', settings: '', start: () => Promise.reject(new Error('x')) });
