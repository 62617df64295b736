import { loadEnv, openServiceBase, runMain } from '@nova-torch/service-kit';
import { buildApp } from './app.ts';
import { routerEnv } from './env.ts';
import { loadTaxonomy } from './taxonomy/load-taxonomy.ts';

await runMain({
  name: 'task-router',
  build: async () => {
    const env = loadEnv(routerEnv, process.env);
    const taxonomy = loadTaxonomy(env.NOVA_TAXONOMY, env.NOVA_TAXONOMY_EXTRA);
    return buildApp(await openServiceBase(env, 'task-router'), taxonomy);
  },
});
