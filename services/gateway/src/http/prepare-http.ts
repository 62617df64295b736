import type { FlowBoard } from '@nova-torch/service-kit';
import type { FastifyInstance } from 'fastify';
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Authenticate } from '../auth/bearer.ts';
import { isLoopbackName } from '../domain/origin.ts';
import type { GatewayEnv } from '../env.ts';
import type { GatewayMetrics } from '../metrics.ts';
import { registerAuthorization } from './authorize.ts';
import type { GatewayHttp } from './gateway-http.ts';
import { registerOriginGuard } from './guard-origin.ts';
import { type RateLimits, registerRateLimit } from './limit-rate.ts';
import { registerRequestLimit } from './limit-requests.ts';
import { registerOpenApi } from './openapi.ts';
import { registerBodyReader } from './read-body.ts';

export interface HttpOptions {
  env: GatewayEnv;
  authenticate: Authenticate;
  refused: GatewayMetrics['refused'];
  flow: FlowBoard;
}

/** What every request passes before its route, in this order: origin, limit, key, rate, body. The routes come after it. */
export async function prepareHttp(plain: FastifyInstance, options: HttpOptions): Promise<GatewayHttp> {
  const { env, authenticate, refused } = options;
  const app: GatewayHttp = plain.withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  // What is answered was checked when it was decoded; the schemas of answers are for the document.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  registerOriginGuard(app, {
    loopback: isLoopbackName(env.NOVA_HTTP_HOST),
    allowedHosts: env.NOVA_ALLOWED_HOSTS.map((host) => host.toLowerCase()),
    allowedOrigins: env.NOVA_ALLOWED_ORIGINS,
  });
  registerRequestLimit(app, env.NOVA_REQUESTS_MAX, options);
  registerAuthorization(app, authenticate);
  registerRateLimit(app, rateLimits(env), refused);
  registerBodyReader(app);
  await registerOpenApi(app);
  return app;
}

/** What may come at once is what may come within two seconds. */
const rateLimits = (env: GatewayEnv): RateLimits => ({
  admin: { perSecond: env.NOVA_ADMIN_REQUESTS_PER_S, burst: 2 * env.NOVA_ADMIN_REQUESTS_PER_S },
  agent: { perSecond: env.NOVA_AGENT_REQUESTS_PER_S, burst: 2 * env.NOVA_AGENT_REQUESTS_PER_S },
});
