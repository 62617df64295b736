import { NovaError } from '@nova-torch/protocol';
import { type OriginPolicy, whyRefusedOrigin } from '../domain/origin.ts';
import type { GatewayHttp } from './gateway-http.ts';

/**
 * Refuses requests a browser was tricked into: those of other sites' pages, and those under a foreign host name (DNS
 * rebinding). What carries credentials in `authorization` cannot be forged that way and needs no known host name.
 */
export function registerOriginGuard(app: GatewayHttp, policy: OriginPolicy): void {
  app.addHook('onRequest', async (request) => {
    const { host, origin, authorization } = request.headers;
    const fetchSite = request.headers['sec-fetch-site'];
    const why = whyRefusedOrigin(
      { host, origin, fetchSite: typeof fetchSite === 'string' ? fetchSite : undefined },
      authorization === undefined ? policy : { ...policy, loopback: false, allowedHosts: [] },
    );
    if (why !== undefined) throw new NovaError('FORBIDDEN', `${why}.`);
  });
}
