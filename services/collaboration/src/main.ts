import { loadEnv, openServiceBase, runMain } from '@nova-torch/service-kit';
import { buildApp } from './app.ts';
import { collaborationEnv } from './env.ts';

await runMain({
  name: 'collaboration',
  build: async () => buildApp(await openServiceBase(loadEnv(collaborationEnv, process.env), 'collaboration')),
});
