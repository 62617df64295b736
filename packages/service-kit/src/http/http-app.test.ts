import { once } from 'node:events';
import { connect } from 'node:net';
import { NovaError } from '@nova-torch/protocol';
import {
  BrokerClosedError,
  BrokerReplyError,
  BrokerTimeoutError,
  BrokerUnavailableError,
  NoAnswerError,
  PayloadTooLargeError,
} from '@nova-torch/streams';
import { startOtlpReceiver } from '@nova-torch/testing';
import {
  currentTraceparent,
  newTraceparent,
  parseTraceparent,
  startTracing,
  type Tracing,
} from '@nova-torch/tracing';
import type { FastifyInstance } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { createHealth } from '../health.ts';
import { createLogger } from '../logger.ts';
import { createMetrics } from '../metrics.ts';
import { createServiceMetrics } from '../service-metrics.ts';
import { createHttpApp } from './http-app.ts';
import { createHttpServer } from './http-server.ts';
import type { ProblemDocument } from './problem.ts';

const apps: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

function setup(tracing?: Tracing, { enabled = true, onProblem = (_code: string) => {} } = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ service: 'gateway', instance: 'gateway-1', level: 'debug', destination });
  const health = createHealth();
  const metrics = createMetrics('gateway', { enabled });
  const app = createHttpApp({
    logger,
    metrics,
    serviceMetrics: createServiceMetrics(metrics),
    health,
    onProblem,
    service: 'gateway',
    instance: 'gateway-1',
    ...(tracing && { tracing }),
    server: { bodyLimit: 500 },
  });
  apps.push(app);
  const events = (): Record<string, unknown>[] =>
    lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { app, health, logger, events };
}

async function problemOf(app: FastifyInstance, url: string, options: object = {}) {
  const response = await app.inject({ url, ...options });
  expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  const body = response.json<ProblemDocument>();
  expect(body.status).toBe(response.statusCode);
  expect(body.instance).toBe(`urn:nova-torch:request:${response.headers['x-request-id']}`);
  return { ...body, headers: response.headers };
}

test('live is 200; ready is 503 naming what is missing until it is there', async () => {
  const { app, health } = setup();
  expect((await app.inject('/health/live')).json()).toMatchObject({ status: 'live', instance: 'gateway-1' });
  let loaded = false;
  health.check('snapshot', () => loaded || 'not read yet');
  const before = await app.inject('/health/ready');
  expect(before.statusCode).toBe(503);
  expect(before.json()).toMatchObject({ status: 'not ready', missing: ['snapshot: not read yet'] });
  loaded = true;
  const after = await app.inject('/health/ready');
  expect(after.statusCode).toBe(200);
  expect(after.json()).toMatchObject({ status: 'ready', missing: [] });
});

test('metrics are text and time the requests by route, not by URL', async () => {
  const { app } = setup();
  app.get('/v1/tasks/:id', () => ({ ok: true }));
  await app.inject('/v1/tasks/task-0-1');
  await app.inject('/nowhere');
  const response = await app.inject('/metrics');
  expect(response.headers['content-type']).toContain('text/plain');
  expect(response.body).toMatch(
    /http_request_duration_seconds_count\{[^}]*route="\/v1\/tasks\/:id"[^}]*status="200"/,
  );
  expect(response.body).toMatch(/http_request_duration_seconds_count\{[^}]*route="unknown"[^}]*status="404"/);
  expect(response.body).toContain('nodejs_eventloop_lag_seconds');
});

test('where nothing is collected, metrics are a 404 that says why', async () => {
  const { app } = setup(undefined, { enabled: false });
  app.get('/v1/tasks/:id', () => ({ ok: true }));
  expect((await app.inject('/v1/tasks/task-0-1')).statusCode).toBe(200);
  expect(await problemOf(app, '/metrics')).toMatchObject({
    status: 404,
    detail: 'This process collects no metrics: NOVA_METRICS is off.',
  });
});

test('every problem that is answered is told by its code', async () => {
  const codes: string[] = [];
  const { app } = setup(undefined, { onProblem: (code) => void codes.push(code) });
  app.post('/v1/tasks', () => {
    throw new NovaError('OVERLOADED', 'later');
  });
  await app.inject('/v1/nope');
  await app.inject('/v1/tasks');
  await app.inject({ method: 'POST', url: '/v1/tasks' });
  expect(codes).toEqual(['ROUTE_UNKNOWN', 'METHOD_NOT_ALLOWED', 'OVERLOADED']);
});

test('an unknown route and a method the route does not have are problems of their own', async () => {
  const { app } = setup();
  app.post('/v1/tasks/:id/cancel', () => ({}));
  expect(await problemOf(app, '/v1/nope?x=1')).toMatchObject({
    type: 'urn:nova-torch:error:route-unknown',
    status: 404,
    code: 'ROUTE_UNKNOWN',
    detail: 'There is no GET /v1/nope.',
    retryable: false,
  });
  const wrong = await problemOf(app, '/v1/tasks/a.b/cancel', { method: 'DELETE' });
  expect(wrong).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' });
  expect(wrong.headers.allow).toBe('POST');
});

test('an error of the table keeps its code, detail, field and hint', async () => {
  const { app } = setup();
  app.get('/task', () => {
    throw new NovaError('TASK_UNKNOWN', 'There is no task task-0-1.', { field: 'task_id' });
  });
  const problem = await problemOf(app, '/task');
  expect(problem).toMatchObject({ status: 404, code: 'TASK_UNKNOWN', errors: [{ field: 'task_id' }] });
  expect(problem.hint).toContain('task list');
});

test('what does not validate names the fields: Fastify schemas', async () => {
  const { app } = setup();
  app.post('/v1/tasks', {
    schema: {
      body: {
        type: 'object',
        required: ['title'],
        properties: { title: { type: 'string' }, skills: { type: 'array', items: { type: 'integer' } } },
      },
      querystring: { type: 'object', properties: { limit: { type: 'integer' } } },
    },
    handler: () => ({}),
  });
  expect(await problemOf(app, '/v1/tasks', { method: 'POST', payload: {} })).toMatchObject({
    status: 400,
    code: 'VALIDATION',
    errors: [{ field: 'title', detail: "must have required property 'title'" }],
  });
  const nested = { title: 'x', skills: ['one'] };
  expect((await problemOf(app, '/v1/tasks', { method: 'POST', payload: nested })).errors?.[0]?.field).toBe(
    'skills/0',
  );
  const query = await problemOf(app, '/v1/tasks?limit=x', { method: 'POST', payload: { title: 'x' } });
  expect(query.errors?.[0]?.field).toBe('limit');
  expect((await problemOf(app, '/v1/tasks', { method: 'POST' })).errors?.[0]?.field).toBe('');
});

test('what does not validate names the fields: zod, the first twenty', async () => {
  const { app } = setup();
  const schema = z.object({ tasks: z.array(z.object({ title: z.string() })) });
  app.post('/batch', (request) => schema.parse(request.body));
  const problem = await problemOf(app, '/batch', { method: 'POST', payload: { tasks: Array(25).fill({}) } });
  expect(problem.code).toBe('VALIDATION');
  expect(problem.errors).toHaveLength(20);
  expect(problem.errors?.[0]?.field).toBe('tasks/0/title');
  expect(problem.detail).toContain('and 5 more');
});

test.each([
  ['PAYLOAD_TOO_LARGE', 413, { payload: { text: 'x'.repeat(600) } }],
  ['BODY_NOT_JSON', 400, { payload: '{"a":', headers: { 'content-type': 'application/json' } }],
  ['BODY_NOT_JSON', 400, { payload: '', headers: { 'content-type': 'application/json' } }],
  ['MEDIA_TYPE', 415, { payload: '<a/>', headers: { 'content-type': 'application/xml' } }],
])('a body that cannot be taken is %s (%i)', async (code, status, options) => {
  const { app } = setup();
  app.post('/body', () => ({}));
  expect(await problemOf(app, '/body', { method: 'POST', ...options })).toMatchObject({ code, status });
});

test('a URL that does not parse is a VALIDATION problem', async () => {
  const { app } = setup();
  app.get('/v1/tasks/:id', () => ({}));
  expect(await problemOf(app, '/v1/tasks/%E0%A4%A')).toMatchObject({ code: 'VALIDATION', status: 400 });
});

test.each([
  [new BrokerUnavailableError('at redis://:x@h'), 'BROKER_UNAVAILABLE', 503],
  [new BrokerTimeoutError('XADD'), 'BROKER_UNAVAILABLE', 503],
  [new BrokerClosedError('closed'), 'BROKER_UNAVAILABLE', 503],
  [new BrokerReplyError('LOADING Redis is loading'), 'BROKER_UNAVAILABLE', 503],
  [new BrokerReplyError('OOM command not allowed'), 'OVERLOADED', 429],
  [new BrokerReplyError('WRONGTYPE not a stream'), 'INTERNAL', 500],
  [new NoAnswerError('task.get.v1'), 'NO_ANSWER', 503],
  [new PayloadTooLargeError('task.submitted.v1', 300_000, 262_144), 'PAYLOAD_TOO_LARGE', 413],
  [new NovaError('OVERLOADED', 'Full.'), 'OVERLOADED', 429],
  [Object.assign(new Error('short and stout'), { statusCode: 418 }), 'VALIDATION', 400],
])('%s is %s', async (error, code, status) => {
  const { app } = setup();
  app.get('/', () => {
    throw error;
  });
  const problem = await problemOf(app, '/');
  expect(problem).toMatchObject({ code, status });
  expect(problem.headers['retry-after']).toBe(status === 503 || status === 429 ? '1' : undefined);
});

test('a retry-after set by the handler stays', async () => {
  const { app } = setup();
  app.get('/', (_request, reply) => {
    reply.header('retry-after', 7);
    throw new NovaError('OVERLOADED', 'Full.');
  });
  expect((await problemOf(app, '/')).headers['retry-after']).toBe('7');
});

test.each([new Error('secret detail of line 42'), 'a thrown text'])(
  'an error nobody foresaw gives nothing away, but the log has it under the same id (%s)',
  async (error) => {
    const { app, events } = setup();
    app.get('/', () => {
      throw error;
    });
    const problem = await problemOf(app, '/', { headers: { 'x-request-id': 'call-7' } });
    expect(problem).toMatchObject({
      status: 500,
      code: 'INTERNAL',
      instance: 'urn:nova-torch:request:call-7',
    });
    // Not the number alone: the time among the headers may have it.
    expect(JSON.stringify(problem)).not.toMatch(/secret|line 42|thrown/);
    const logged = events().find(({ msg }) => msg === 'request failed');
    expect(logged).toMatchObject({ level: 'error', request_id: 'call-7', url: '/' });
    expect(JSON.stringify(logged)).toContain(error instanceof Error ? 'line 42' : 'a thrown text');
  },
);

test('a problem passes a response schema unharmed', async () => {
  const { app } = setup();
  const empty = { type: 'object', properties: {} };
  app.get('/', {
    schema: { response: { 200: empty, 404: empty } },
    handler: () => {
      throw new NovaError('TASK_UNKNOWN', 'Gone.');
    },
  });
  expect((await problemOf(app, '/')).code).toBe('TASK_UNKNOWN');
});

test('a request id that is too long or strange is replaced', async () => {
  const { app } = setup();
  const response = await app.inject({ url: '/health/live', headers: { 'x-request-id': 'a b<c>' } });
  expect(response.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
});

test('the server listens on its host only, says where in one line, and stops', async () => {
  const { app, logger, events } = setup();
  const server = createHttpServer({ app, host: '127.0.0.1', port: 0, logger });
  expect(() => server.address()).toThrow('does not listen');
  await server.start();
  await server.start();
  const address = server.address();
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect((await fetch(`${address}/health/live`)).status).toBe(200);
  const told = events().filter(({ level }) => level === 'info');
  expect(told).toEqual([
    expect.objectContaining({ msg: 'listening', address, service: 'gateway', instance: 'gateway-1' }),
  ]);
  await server.stop();
  await server.stop();
  await expect(fetch(`${address}/health/live`)).rejects.toThrow();
});

test('the server says where it listens also when little is logged', async () => {
  const { app, logger, events } = setup();
  logger.level = 'error';
  const server = createHttpServer({ app, host: '127.0.0.1', port: 0, logger });
  await server.start();
  expect(events()).toEqual([expect.objectContaining({ msg: 'listening', address: server.address() })]);
  await server.stop();
});

test('a stop waits for the answers and for no connection', async () => {
  const { app, logger } = setup();
  const [asked, mayAnswer] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
  app.get('/slow', () => {
    asked.resolve();
    return mayAnswer.promise;
  });
  const server = createHttpServer({ app, host: '127.0.0.1', port: 0, logger });
  await server.start();
  const { port } = new URL(server.address());
  // One opened in advance and never used, one that stays open after its answer.
  const unused = connect(Number(port), '127.0.0.1');
  const kept = connect(Number(port), '127.0.0.1');
  await Promise.all([once(unused, 'connect'), once(kept, 'connect')]);
  kept.write('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n');
  await asked.promise;
  const ended = Promise.all([once(unused, 'close'), once(kept, 'close')]);
  const answered = once(kept, 'data');
  const since = performance.now();
  const stopped = server.stop();
  setTimeout(() => mayAnswer.resolve('late'), 100);
  unused.resume();
  expect(String((await answered)[0])).toContain('late');
  await Promise.all([stopped, ended]);
  expect(performance.now() - since).toBeLessThan(2_000);
});

test('a handler runs in the trace of its request; probes are not traced', async () => {
  const collector = await startOtlpReceiver();
  const tracing = await startTracing({
    service: 'gateway',
    instance: 'g',
    endpoint: collector.endpoint,
    ratio: 1,
  });
  const { app } = setup(tracing);
  app.post('/v1/tasks/:id', async () => ({ traceparent: currentTraceparent() }));
  app.get('/broken', () => {
    throw new Error('broken');
  });
  const caller = newTraceparent();
  const options = {
    method: 'POST',
    url: '/v1/tasks/1',
    payload: { a: 1 },
    headers: { traceparent: caller },
  } as const;
  const answer = (await app.inject(options)).json<{ traceparent: string }>();
  await app.inject('/broken');
  await app.inject('/health/live');
  await tracing.stop();
  await collector.stop();
  expect(collector.spans).toMatchObject([
    { name: 'POST /v1/tasks/:id', kind: 2, parentSpanId: parseTraceparent(caller)?.spanId },
    { name: 'GET /broken', status: { code: 2 } },
  ]);
  expect(parseTraceparent(answer.traceparent)?.spanId).toBe(collector.spans[0]?.spanId);
});
