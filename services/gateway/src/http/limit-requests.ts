import { NovaError } from '@nova-torch/protocol';
import type { FlowBoard } from '@nova-torch/service-kit';
import type { Counter } from 'prom-client';
import type { GatewayHttp } from './gateway-http.ts';

/**
 * Bounds the requests below /v1 that are answered at one time; beyond, OVERLOADED with Retry-After. Routes that wait for
 * something have bounds of their own.
 */
export function registerRequestLimit(
  app: GatewayHttp,
  max: number,
  { refused, flow }: { readonly refused: Counter<'limit'>; readonly flow: FlowBoard },
): void {
  let running = 0;
  let refusals = 0;
  flow.limit('requests', () => ({ used: running, max, refused: refusals }));
  const counted = new WeakSet<object>();
  app.addHook('onRequest', async (request) => {
    const { url, config } = request.routeOptions;
    if (url === undefined || !url.startsWith('/v1/') || config.waits === true) return;
    if (running >= max) {
      refusals += 1;
      refused.inc({ limit: 'requests' });
      throw new NovaError('OVERLOADED', `${max} requests are being answered already.`);
    }
    running += 1;
    counted.add(request);
  });
  const release = (request: object): void => {
    if (counted.delete(request)) running -= 1;
  };
  app.addHook('onResponse', async (request) => release(request));
  app.addHook('onRequestAbort', async (request) => release(request));
}
