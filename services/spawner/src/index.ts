export { buildApp } from './app.ts';
export type { SpawnerParts } from './core.ts';
export { type SpawnerEnv, spawnerEnv } from './env.ts';
