import type { Span, Tracing } from '@nova-torch/tracing';
import { runInContext } from '@nova-torch/tracing';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Probes of machines, every few seconds: spans of them would only bury the others. */
const NOT_TRACED = /^\/(health|metrics)(\/|\?|$)/;

/**
 * Makes a span of kind `server` of each request, a child of the caller's `traceparent` if it sent one, and runs the
 * handler in its context: what it publishes and logs belongs to the trace, and its lines carry the task and the agent that the path names. The answer has the `traceparent` too.
 */
export function registerTracing(app: FastifyInstance, tracing: Tracing): void {
  const spans = new WeakMap<FastifyRequest, Span>();

  app.addHook('onRequest', (request, reply, done) => {
    if (!NOT_TRACED.test(request.url)) {
      const { traceparent } = request.headers;
      const { url: route } = request.routeOptions;
      // By the conventions a request that fits no route is named by its method alone: names must be few.
      const name = route === undefined ? request.method : `${request.method} ${route}`;
      const attributes = {
        'http.request.method': request.method,
        'http.route': route,
        'url.path': request.url.split('?', 1)[0],
        'url.scheme': request.protocol,
      };
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
    else runInContext({ traceparent: span.traceparent, ...idsIn(request.params) }, done);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const span = spans.get(request);
    const { statusCode } = reply;
    const failed = statusCode >= 500;
    span?.set({
      'http.response.status_code': statusCode,
      ...(failed && { 'error.type': String(statusCode) }),
    });
    span?.end(failed ? `status ${statusCode}` : undefined);
    done();
  });
}

function idsIn(params: unknown): { task_id?: string; agent_id?: string } {
  const { task_id, agent_id } = (params ?? {}) as { task_id?: string; agent_id?: string };
  return { ...(task_id !== undefined && { task_id }), ...(agent_id !== undefined && { agent_id }) };
}
