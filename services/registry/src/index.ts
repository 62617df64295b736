export { buildApp } from './app.ts';
export { type RegistryEnv, registryEnv } from './env.ts';
