import { parseTraceparent, runInContext, type Span, type Tracing } from '@nova-torch/service-kit';
import type { FastifyRequest } from 'fastify';
import type { GatewayHttp } from './gateway-http.ts';

/**
 * A span for each request: continues the caller's trace or starts one, and answers with its `traceparent`. Everything
 * sent by the handler is a child of it.
 */
export function registerRequestTracing(app: GatewayHttp, tracing: Tracing): void {
  const spans = new WeakMap<FastifyRequest, Span>();
  app.addHook('onRequest', async (request, reply) => {
    const { url } = request.routeOptions;
    if (url === undefined || !url.startsWith('/v1/')) return;
    const given = request.headers.traceparent;
    const parent = typeof given === 'string' && parseTraceparent(given) !== undefined ? given : undefined;
    const span = tracing.startSpan(`${request.method} ${url}`, {
      traceparent: parent ?? tracing.newTraceparent(),
      kind: 'server',
      attributes: { 'http.request.method': request.method, 'http.route': url, 'nova_torch.request_id': request.id },
    });
    spans.set(request, span);
    reply.header('traceparent', span.traceparent);
  });
  // After the body is read: reading it leaves the asynchronous context of the hooks before.
  app.addHook('preHandler', (request, _reply, done) => {
    const span = spans.get(request);
    if (span === undefined) return done();
    runInContext({ traceparent: span.traceparent, ...idsOf(request.params) }, done);
  });
  app.addHook('onError', async (request, _reply, error) => {
    spans.get(request)?.set({ 'error.type': 'code' in error ? String(error.code) : error.name });
  });
  app.addHook('onResponse', async (request, reply) => {
    const span = spans.get(request);
    span?.set({ 'http.response.status_code': reply.statusCode });
    span?.end(reply.statusCode >= 500 ? new Error(`answered with ${reply.statusCode}`) : undefined);
  });
}

function idsOf(params: unknown): { task_id?: string; agent_id?: string } {
  const { task_id, agent_id } = (params ?? {}) as { task_id?: string; agent_id?: string };
  return { ...(task_id !== undefined && { task_id }), ...(agent_id !== undefined && { agent_id }) };
}
