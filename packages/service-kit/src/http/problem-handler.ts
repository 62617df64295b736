import { type ErrorCode, errorRow, NovaError } from '@nova-torch/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { type ClassifiedError, classifyError } from './classify-error.ts';
import { PROBLEM_MEDIA_TYPE, problemDocument } from './problem.ts';

/** Told of every problem document that is sent. */
export type OnProblem = (code: ErrorCode) => void;

/** Seconds a caller waits before it repeats what failed for now, unless the handler set `retry-after` itself. */
const RETRY_AFTER_S = 1;

/**
 * Makes every error of the app a problem document: what handlers throw, what does not validate, unknown routes
 * (404) and methods a route does not have (405, with `allow`). Errors of ours (5xx) are logged with their stack.
 */
export function registerProblems(app: FastifyInstance, onProblem: OnProblem): void {
  const routes = new RouteTable();
  app.addHook('onRoute', (route) => routes.add(route));
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply, onProblem));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const allowed = routes.methodsOf(path);
    const detail = `There is no ${request.method} ${path}.`;
    if (allowed.length === 0)
      return sendClassified({ code: 'ROUTE_UNKNOWN', detail }, request, reply, onProblem);
    reply.header('allow', allowed.join(', '));
    return sendClassified({ code: 'METHOD_NOT_ALLOWED', detail }, request, reply, onProblem);
  });
}

/** Answers with the problem document of an error. Also for errors outside a handler (a URL that does not parse). */
export function sendError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  onProblem: OnProblem,
): FastifyReply {
  const classified = classifyError(error);
  const { status } = errorRow(classified.code);
  const fields = {
    err: error,
    method: request.method,
    url: request.url,
    code: classified.code,
  };
  if (classified.code === 'INTERNAL') request.log.error(fields, 'request failed');
  else if (status >= 500) request.log.warn(fields, 'request failed for now');
  else request.log.debug(fields, 'request refused');
  if (error instanceof NovaError && error.retryAfterMs !== undefined) {
    reply.header('retry-after', Math.max(1, Math.ceil(error.retryAfterMs / 1000)));
  }
  return sendClassified(classified, request, reply, onProblem);
}

function sendClassified(
  classified: ClassifiedError,
  request: FastifyRequest,
  reply: FastifyReply,
  onProblem: OnProblem,
): FastifyReply {
  onProblem(classified.code);
  const document = problemDocument({ ...classified, requestId: request.id });
  const retryLater = document.status === 429 || document.status === 503;
  if (retryLater && !reply.hasHeader('retry-after')) reply.header('retry-after', RETRY_AFTER_S);
  // Also where no hook runs, for a URL that does not parse.
  reply.header('x-request-id', request.id);
  // As text: a route's response schema must not strip or refuse the document.
  return reply.code(document.status).type(PROBLEM_MEDIA_TYPE).serializer(JSON.stringify).send(document);
}

/** Which methods a path has, for the difference between 404 and 405. Asked only when no route matched. */
class RouteTable {
  readonly #methods = new Map<string, { pattern: RegExp; methods: Set<string> }>();

  add(route: RouteOptions): void {
    const entry = this.#methods.get(route.url) ?? {
      pattern: patternOf(route.url),
      methods: new Set<string>(),
    };
    for (const method of [route.method].flat()) entry.methods.add(method);
    this.#methods.set(route.url, entry);
  }

  methodsOf(path: string): string[] {
    const matching = [...this.#methods.values()].filter(({ pattern }) => pattern.test(path));
    return [...new Set(matching.flatMap(({ methods }) => [...methods]))].sort();
  }
}

function patternOf(url: string): RegExp {
  const escaped = url
    .split('/')
    .map((part) => {
      if (part.startsWith(':')) return '[^/]+';
      return part === '*' ? '.*' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    })
    .join('/');
  return new RegExp(`^${escaped}$`);
}
