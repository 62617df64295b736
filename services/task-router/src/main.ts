import { loadEnv, openServiceBase, runMain } from '@nova-torch/service-kit';
import { buildApp } from './app.ts';
import { routerEnv } from './env.ts';

await runMain({
  name: 'task-router',
  build: async () => buildApp(await openServiceBase(loadEnv(routerEnv, process.env), 'task-router')),
});
