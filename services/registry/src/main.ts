import { loadEnv, openServiceBase, runMain } from '@nova-torch/service-kit';
import { buildApp } from './app.ts';
import { registryEnv } from './env.ts';

await runMain({
  name: 'registry',
  build: async () => buildApp(await openServiceBase(loadEnv(registryEnv, process.env), 'registry')),
});
