import { loadEnv, openServiceBase, runMain } from '@nova-torch/service-kit';
import { buildApp } from './app.ts';
import { handedOn, spawnerEnv } from './env.ts';
import { takeHome } from './home/spawner-home.ts';
import { loadTemplates } from './templates.ts';

await runMain({
  name: 'spawner',
  build: async () => {
    const env = loadEnv(spawnerEnv, process.env);
    const templates = loadTemplates(env.NOVA_TEMPLATES, env);
    // Before the broker is waited for: the agents of the spawner before this one count the seconds.
    const home = takeHome(env);
    const base = await openServiceBase(env, 'spawner');
    return buildApp(base, { home, templates, handedOn: handedOn(process.env), cwd: process.cwd() });
  },
});
