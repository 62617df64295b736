import { loadEnv, openServiceBase, runMain } from '@nova-torch/service-kit';
import { buildApp } from './app.ts';
import { loadAdminKey } from './auth/admin-key.ts';
import { gatewayEnv } from './env.ts';

await runMain({
  name: 'gateway',
  build: async () => {
    const env = loadEnv(gatewayEnv, process.env);
    const adminKey = await loadAdminKey({ key: env.NOVA_ADMIN_KEY, home: env.NOVA_HOME });
    const base = await openServiceBase(env, 'gateway', { secrets: [adminKey.key] });
    base.logger.info({ admin_key_from: adminKey.origin }, 'admin key read');
    if (adminKey.warning !== undefined) base.logger.warn(adminKey.warning);
    return buildApp(base, adminKey.key);
  },
});
