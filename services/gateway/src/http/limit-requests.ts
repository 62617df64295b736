import { NovaError } from '@nova-torch/protocol';
import type { FlowBoard } from '@nova-torch/service-kit';
import type { GatewayMetrics } from '../metrics.ts';
import type { GatewayHttp } from './gateway-http.ts';

/**
 * Bounds the requests below /v1 that are answered at one time; beyond, OVERLOADED with Retry-After. Routes that wait for
 * something have bounds of their own.
 */
export function registerRequestLimit(
  app: GatewayHttp,
  max: number,
  { refused, flow }: { readonly refused: GatewayMetrics['refused']; readonly flow: FlowBoard },
): void {
  let running = 0;
  let refusals = 0;
  flow.limit('requests', () => ({ used: running, max, refused: refusals }));
  app.addHook('onRequest', async (request, reply) => {
    const { url, config } = request.routeOptions;
    if (url === undefined || !url.startsWith('/v1/') || config.waits === true) return;
    if (running >= max) {
      refusals += 1;
      refused.inc({ limit: 'requests' });
      throw new NovaError('OVERLOADED', `${max} requests are being answered already.`);
    }
    running += 1;
    // Comes once for every request, also for one whose caller left when its body had been read.
    reply.raw.once('close', () => {
      running -= 1;
    });
  });
}
