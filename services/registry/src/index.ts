export { buildApp } from './app.ts';
// How an agent's record follows from its attempts, for whoever simulates it.
export type { AttemptCounts } from './domain/agent.ts';
export { performanceOf } from './domain/performance.ts';
export { type RegistryEnv, registryEnv } from './env.ts';
