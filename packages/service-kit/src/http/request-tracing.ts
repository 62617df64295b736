import type { FastifyInstance, FastifyRequest } from 'fastify';
import { runInContext } from '../trace-context.ts';
import type { Span, Tracing } from '../tracing.ts';

/** Probes of machines, every few seconds: spans of them would only bury the others. */
const NOT_TRACED = /^\/(health|metrics)(\/|\?|$)/;

/**
 * Makes a span of kind `server` of each request, a child of the caller's `traceparent` if it sent one, and runs the
 * handler in its context: what it publishes and logs belongs to the trace. The answer has the `traceparent` too.
 */
export function registerTracing(app: FastifyInstance, tracing: Tracing): void {
  const spans = new WeakMap<FastifyRequest, Span>();

  app.addHook('onRequest', (request, reply, done) => {
    if (!NOT_TRACED.test(request.url)) {
      const { traceparent } = request.headers;
      const name = `${request.method} ${request.routeOptions.url ?? 'unknown'}`;
      const attributes = { 'http.request.method': request.method, 'http.route': request.routeOptions.url };
      const given = typeof traceparent === 'string' ? traceparent : undefined;
      const span = tracing.startSpan(name, { traceparent: given, kind: 'server', attributes });
      spans.set(request, span);
      reply.header('traceparent', span.traceparent);
    }
    done();
  });
  // Right before the handler: a body is read in other turns, which would lose a context entered earlier.
  app.addHook('preHandler', (request, _reply, done) => {
    const span = spans.get(request);
    if (span === undefined) done();
    else runInContext({ traceparent: span.traceparent }, done);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const span = spans.get(request);
    span?.set({ 'http.response.status_code': reply.statusCode });
    span?.end(reply.statusCode >= 500 ? `status ${reply.statusCode}` : undefined);
    done();
  });
}
