// What callers get while the broker is away, and that the gateway comes back by itself.
import { newAgentId, newTaskId } from '@nova-torch/protocol';
import { type Broker, openBroker } from '@nova-torch/streams';
import { eventually, startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGateway, type TestGateway } from './support/gateway.ts';

let broker: TestBroker;
let gateway: TestGateway;
let beside: Broker;
beforeAll(async () => {
  broker = await startTestBroker();
  gateway = await startGateway(broker.url);
  beside = await openBroker({ url: broker.url, name: 'beside' });
});
afterAll(async () => {
  await gateway.stop();
  await beside.close();
  await broker.stop();
});

/** How long one call to the broker takes to be given up, on this machine, now. One that was cut off does not count. */
async function oneDeadlineMs(): Promise<number> {
  const began = performance.now();
  await expect(beside.call('PING')).rejects.toThrow();
  return performance.now() - began;
}

/** Two deadlines in a row would be more. */
const DEADLINES_MAX = 1.8;

test('everything that needs the broker is BROKER_UNAVAILABLE within its deadline, then works again', async () => {
  await broker.kill9();
  await eventually(() => !beside.status().connected);
  const agent = `/v1/agents/${newAgentId(0, Date.now())}`;
  const calls: [string, string, object?][] = [
    ['POST', '/v1/tasks', { title: 'x' }],
    ['POST', '/v1/tasks/batch', { tasks: Array(500).fill({ title: 'x' }) }],
    ['POST', `${agent}/heartbeat`, {}],
    ['POST', `${agent}/inbox/pull`, { wait_s: 10 }],
    ['GET', `/v1/tasks/${newTaskId(0, Date.now() - 60_000)}/wait?timeout_s=10`],
    ['GET', '/v1/streams'],
  ];
  const oneMs = oneDeadlineMs();
  const began = performance.now();
  const answers = await Promise.all(
    calls.map(([method, path, body]) =>
      gateway.call(method, path, {
        ...(body && { body }),
        headers: path.startsWith('/v1/tasks') && method === 'POST' ? { 'idempotency-key': path } : {},
      }),
    ),
  );
  const tookMs = performance.now() - began;
  expect(tookMs).toBeLessThan(DEADLINES_MAX * (await oneMs));
  for (const [index, { status, body, headers }] of answers.entries()) {
    expect([calls[index], status, body.code]).toEqual([calls[index], 503, 'BROKER_UNAVAILABLE']);
    expect(headers.get('retry-after')).toBe('1');
  }
  const health = await gateway.call('GET', '/health');
  expect(health.status).toBe(503);
  expect(health.body.missing).toContain('this gateway: broker: not connected');
  expect((await gateway.call('GET', '/health/ready')).status).toBe(503);
  expect((await gateway.call('GET', '/health/live')).status).toBe(200);
  expect((await gateway.call('GET', '/v1/me')).status).toBe(200);

  await broker.restart();
  await eventually(async () => {
    const { status } = await gateway.call('POST', '/v1/tasks', { body: { title: 'x' } });
    expect(status).toBe(202);
  });
});

test('a broker that hangs makes no caller hang; a batch without a key is refused item by item', async () => {
  await broker.pause();
  try {
    const oneMs = oneDeadlineMs();
    const began = performance.now();
    const { status, body } = await gateway.call('POST', '/v1/tasks/batch', {
      body: { tasks: Array(500).fill({ title: 'x' }) },
    });
    const tookMs = performance.now() - began;
    expect(tookMs).toBeLessThan(DEADLINES_MAX * (await oneMs));
    expect(status).toBe(202);
    expect(body).toMatchObject({ accepted: 0, refused: 500 });
    expect(body.results[499].error.code).toBe('BROKER_UNAVAILABLE');
  } finally {
    await broker.resume();
  }
});
