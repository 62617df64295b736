import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { NovaClient } from '../src/index.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

/** Something that listens and answers as a test wants, and a client of it. */
async function clientOf(listener: RequestListener, options: { deadlineMs?: number } = {}) {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const retries = { pauseMs: 1, pauseMsMax: 5 };
  return new NovaClient({ baseUrl: `http://127.0.0.1:${port}/`, key: 'a-key', retries, ...options });
}

const problem = (code: string, status: number, retryable: boolean) => ({
  type: `urn:nova-torch:error:${code}`,
  title: code,
  status,
  code,
  detail: `It is ${code}.`,
  hint: 'Do something.',
  instance: 'urn:nova-torch:request:1',
  retryable,
  errors: [{ field: 'title', detail: 'is too long' }],
});

const sender =
  (status: number, body: object): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
  };

test('sends the key, and the same idempotency key with every try', async () => {
  const seen: (string | undefined)[] = [];
  const client = await clientOf((request, response) => {
    expect(request.headers.authorization).toBe('Bearer a-key');
    seen.push(request.headers['idempotency-key'] as string | undefined);
    if (seen.length < 3) return sender(503, problem('BROKER_UNAVAILABLE', 503, true))(request, response);
    const accepted = { task_id: 'task-0-1', status: 'accepted', durability: 'memory' };
    response.writeHead(202, { 'content-type': 'application/json' }).end(JSON.stringify(accepted));
  });
  expect(await client.submitTask({ title: 'x' })).toMatchObject({ status: 'accepted' });
  expect(seen).toHaveLength(3);
  expect(new Set(seen).size).toBe(1);
  expect(seen[0]).toMatch(/^[0-9a-f-]{36}$/);
});

test('a problem document becomes an error with all of it', async () => {
  const client = await clientOf(sender(400, problem('VALIDATION', 400, false)));
  await expect(client.getTask('task-0-1')).rejects.toMatchObject({
    name: 'NovaApiError',
    code: 'VALIDATION',
    status: 400,
    message: 'It is VALIDATION.',
    hint: 'Do something.',
    retryable: false,
    errors: [{ field: 'title', detail: 'is too long' }],
    instance: 'urn:nova-torch:request:1',
  });
});

test('a call that is not safe to repeat is made once', async () => {
  let calls = 0;
  const client = await clientOf((request, response) => {
    calls += 1;
    sender(503, problem('NO_ANSWER', 503, true))(request, response);
  });
  await expect(client.cancelTask('task-0-1')).rejects.toMatchObject({ code: 'NO_ANSWER' });
  expect(calls).toBe(1);
});

test('an answer of something else is said to be that', async () => {
  const client = await clientOf((_request, response) => void response.writeHead(404).end('<html>'));
  await expect(client.me()).rejects.toMatchObject({ code: 'NOT_NOVA_TORCH', status: 404 });
  const notJson = await clientOf((_request, response) => void response.writeHead(200).end('<html>'));
  await expect(notJson.me()).rejects.toMatchObject({ code: 'NOT_NOVA_TORCH' });
});

test('nobody there is UNREACHABLE with status 0', async () => {
  const client = await clientOf(() => undefined);
  for (const server of servers.splice(0)) await new Promise((done) => server.close(done));
  await expect(client.me()).rejects.toMatchObject({ code: 'UNREACHABLE', status: 0, retryable: true });
});

test('no answer is DEADLINE, in time', async () => {
  const client = await clientOf(() => undefined, { deadlineMs: 150 });
  const began = performance.now();
  await expect(client.me()).rejects.toMatchObject({ code: 'DEADLINE', status: 0 });
  expect(performance.now() - began).toBeLessThan(1_000);
});

test('an abort by the caller rejects with its reason', async () => {
  const controller = new AbortController();
  const client = await clientOf(() => controller.abort());
  await expect(client.me({ signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
});

test('health resolves with what is missing, too', async () => {
  const client = await clientOf(
    sender(503, { status: 'degraded', missing: ['registry: no instance is running'], instances: [] }),
  );
  expect(await client.health()).toMatchObject({ status: 'degraded', missing: [expect.any(String)] });
  const broken = await clientOf(sender(500, problem('INTERNAL', 500, false)));
  await expect(broken.health()).rejects.toMatchObject({ code: 'INTERNAL' });
});

test('an address that is none is refused', () => {
  expect(() => new NovaClient({ baseUrl: 'nowhere', key: 'x' })).toThrow(TypeError);
});

test('another key makes another client of the same gateway', async () => {
  const keys: (string | undefined)[] = [];
  const client = await clientOf((request, response) => {
    keys.push(request.headers.authorization);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await client.withKey('other').me();
  expect(client.withKey('other').baseUrl).toBe(client.baseUrl);
  expect(keys).toEqual(['Bearer other']);
});
