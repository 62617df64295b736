export { buildApp } from './app.ts';
export { type RouterBase, type RouterEnv, routerEnv } from './env.ts';
