import { NovaError } from '@nova-torch/protocol';
import { createRateLimiter, type RateLimit } from '@nova-torch/service-kit';
import type { Principal } from '../domain/principal.ts';
import type { GatewayMetrics } from '../metrics.ts';
import type { GatewayHttp } from './gateway-http.ts';

/** How fast whoever a key belongs to may ask, by what it is. */
export type RateLimits = Readonly<Record<Principal['kind'], RateLimit>>;

/** Bounds the requests of each key; beyond, OVERLOADED with Retry-After. To be registered behind the authorization. */
export function registerRateLimit(
  app: GatewayHttp,
  limits: RateLimits,
  refused: GatewayMetrics['refused'],
): void {
  const limiter = createRateLimiter();
  app.addHook('onRequest', async ({ principal }) => {
    if (principal === null) return;
    const limit = limits[principal.kind];
    const verdict = limiter.take(principal.name, performance.now(), limit);
    if (verdict.ok) return;
    refused.inc({ limit: 'rate' });
    throw new NovaError(
      'OVERLOADED',
      `More than ${limit.perSecond} requests a second from ${principal.name}.`,
      {
        retryAfterMs: verdict.retryAfterMs,
      },
    );
  });
}
