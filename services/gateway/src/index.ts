export { buildApp } from './app.ts';
export { adminKeyFile, loadAdminKey } from './auth/admin-key.ts';
export { type GatewayEnv, gatewayEnv } from './env.ts';
