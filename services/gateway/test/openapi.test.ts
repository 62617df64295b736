import { startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway, type TestGateway } from './support/gateway.ts';

let broker: TestBroker;
let gateway: TestGateway;
beforeAll(async () => {
  broker = await startTestBroker();
  gateway = await startGateway(broker.url);
});
afterAll(async () => {
  await gateway.stop();
  await broker.stop();
});

test('the document describes every route with a summary, its answers and its errors', async () => {
  const { status, body } = await gateway.call('GET', '/openapi.json', { key: null });
  expect(status).toBe(200);
  expect(body.openapi).toBe('3.1.0');
  const operations = Object.values(body.paths as Record<string, Record<string, unknown>>).flatMap((path) =>
    Object.values(path),
  ) as { operationId: string; summary: string; tags: string[]; responses: Record<string, unknown> }[];
  expect(operations).toHaveLength(49);
  for (const { operationId, summary, tags, responses } of operations) {
    expect(operationId).toMatch(/^[a-z][A-Za-z]+$/);
    expect(summary.length).toBeGreaterThan(5);
    expect(tags).toHaveLength(1);
    expect(Object.keys(responses).length).toBeGreaterThan(1);
  }
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
});

test('each error has an example of its own code', async () => {
  const { body } = await gateway.call('GET', '/openapi.json', { key: null });
  const { responses } = body.paths['/v1/tasks'].post;
  expect(responses['429'].content['application/problem+json'].example).toMatchObject({
    status: 429,
    code: 'OVERLOADED',
    retryable: true,
  });
  expect(responses['202'].content['application/json']).not.toHaveProperty('example');
});

test('each body has an example, each route a summary', async () => {
  const { body } = await gateway.call('GET', '/openapi.json', { key: null });
  const schemas = body.components.schemas;
  for (const [path, operations] of Object.entries(body.paths as Record<string, Record<string, Operation>>)) {
    for (const [method, { requestBody, summary }] of Object.entries(operations)) {
      expect(summary, `${method} ${path}`).toBeTruthy();
      const schema = requestBody?.content['application/json']?.schema;
      const named = schema?.$ref === undefined ? schema : schemas[schema.$ref.split('/').at(-1) ?? ''];
      if (requestBody !== undefined) expect(named?.examples?.length, `${method} ${path}`).toBeGreaterThan(0);
    }
  }
});

interface Schema {
  $ref?: string;
  examples?: unknown[];
}
interface Operation {
  summary?: string;
  requestBody?: { content: Record<string, { schema: Schema }> };
}
