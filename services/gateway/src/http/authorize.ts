import { NovaError } from '@nova-torch/protocol';
import type { Authenticate } from '../auth/bearer.ts';
import { whyForbidden } from '../domain/principal.ts';
import type { GatewayHttp } from './gateway-http.ts';

/** Lets nobody through to /v1 without a key, and an agent only to what is its own. */
export function registerAuthorization(app: GatewayHttp, authenticate: Authenticate): void {
  // Null until a key was checked: nothing may be taken for somebody by default.
  app.decorateRequest('principal', null as never);
  app.addHook('onRequest', async (request, reply) => {
    const { url, config } = request.routeOptions;
    // No route, no secret: an unknown path is answered as such.
    if (url === undefined || !url.startsWith('/v1/') || config.access === 'public') return;
    const principal = authenticate(request.headers.authorization);
    if (principal === undefined) {
      reply.header('www-authenticate', 'Bearer realm="nova-torch"');
      throw new NovaError(
        'UNAUTHENTICATED',
        request.headers.authorization === undefined
          ? 'The header `authorization` is missing.'
          : 'The key or token in the header `authorization` is not valid.',
      );
    }
    const { agent_id: agentId } = request.params as { agent_id?: string };
    const why = whyForbidden(principal, config.access ?? 'admin', agentId);
    if (why !== undefined) throw new NovaError('FORBIDDEN', `${why}.`);
    request.principal = principal;
  });
}
