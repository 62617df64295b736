export { buildApp } from './app.ts';
export { type CollaborationEnv, collaborationEnv } from './env.ts';
