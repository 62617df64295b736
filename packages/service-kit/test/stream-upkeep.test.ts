import type { Message } from '@nova-torch/protocol';
import { AgentGetV1, declareStream, newAgentId, newMessage } from '@nova-torch/protocol';
import { ack, createConsumer, type Delivered, openBroker, retry } from '@nova-torch/streams';
import { eventually, startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { assembleService } from '../src/assemble-service.ts';
import { baseEnv, loadEnv } from '../src/env.ts';
import { openServiceBase } from '../src/service-base.ts';
import { streamUpkeep } from '../src/stream-upkeep.ts';
import { currentWork, newTraceparent, parseTraceparent } from '../src/trace-context.ts';
import { withMessageSpan } from '../src/tracing.ts';

let server: TestBroker;
beforeAll(async () => {
  server = await startTestBroker();
});
afterAll(() => server.stop());

test('a service with upkeep brings back what was put off, takes over what a dead consumer left, and shows what waits', async () => {
  const env = loadEnv(z.object(baseEnv), { NOVA_BROKER_URL: server.url, NOVA_LOG_LEVEL: 'silent' });
  const base = await openServiceBase(env, 'registry');
  const { broker, codec, logger, streams, streamMetrics, producer, slot, tracing } = base;
  const seen: { attempt: number; id: string; traceId: string | undefined }[] = [];

  const ask = () => {
    const head = {
      sender: 'gateway-1',
      target: 'registry',
      nowMs: broker.serverNowMs(),
      traceparent: newTraceparent(),
    };
    return newMessage(AgentGetV1, { agent_id: newAgentId(0, broker.serverNowMs()) }, head);
  };
  const onAgentGet = async ({ message, attempt }: Delivered<Message>) =>
    withMessageSpan(tracing, message, 'onAgentGet', () => {
      seen.push({ attempt, id: message.id, traceId: parseTraceparent(currentWork()?.traceparent)?.traceId });
      return attempt === 1 ? retry({ afterMs: 20 }) : ack();
    });

  // What a consumer that is gone for good had taken: its name has no lease.
  const left = ask();
  await broker.call('XGROUP', 'CREATE', streams.registry, 'registry', '0', 'MKSTREAM');
  await producer.publish(streams.registry, left);
  const dead = await openBroker({ url: server.url, name: 'dead' });
  await dead.call(
    'XREADGROUP',
    'GROUP',
    'registry',
    'registry-9',
    'COUNT',
    1,
    'STREAMS',
    streams.registry,
    '>',
  );
  await dead.close();

  const consumer = createConsumer({
    broker,
    codec,
    group: 'registry',
    consumer: slot,
    logger,
    metrics: streamMetrics,
    streams: [declareStream(0, 'registry')],
    handlers: { 'agent.get.v1': onAgentGet },
  });
  const app = assembleService(base, {
    parts: {
      'consumer registry': consumer,
      ...streamUpkeep(base, { work: ['registry'], feeds: ['registryEvents'] }),
    },
  });
  await app.start();

  const fresh = ask();
  await producer.publish(streams.registry, fresh);
  await broker.call('XADD', streams.registry, '*', 'm', '{"not":"a message"}');
  await eventually(() =>
    expect(seen.filter(({ id }) => id === fresh.id).map(({ attempt }) => attempt)).toEqual([1, 2]),
  );
  await eventually(() => expect(seen.some(({ id }) => id === left.id)).toBe(true), { timeoutMs: 10_000 });
  expect(seen[0]?.traceId).toBe(parseTraceparent(fresh.traceparent)?.traceId);

  const scrape = async () => (await fetch(`${app.address()}/metrics`)).text();
  await eventually(async () => {
    const text = await scrape();
    expect(text).toContain(
      'nova_torch_stream_dead_letters_kept{stream="{nova.torch}.registry",service="registry"} 1',
    );
    expect(text).toContain(
      'nova_torch_stream_pending_entries{stream="{nova.torch}.registry",service="registry"} 0',
    );
    expect(text).toContain(
      'nova_torch_stream_delayed_entries{stream="{nova.torch}.registry",service="registry"} 0',
    );
    expect(text).toMatch(
      /nova_torch_loop_runs_total\{loop="trimmer",outcome="ok",service="registry"\} [1-9]/,
    );
  });
  await app.stop();
});

test('a service that reads and writes nothing has nothing to keep up', async () => {
  const env = loadEnv(z.object(baseEnv), { NOVA_BROKER_URL: server.url, NOVA_LOG_LEVEL: 'silent' });
  const base = await openServiceBase(env, 'gateway');
  expect(streamUpkeep(base, { work: [] })).toEqual({});
  expect(Object.keys(streamUpkeep(base, { work: [], feeds: ['monitoring'] }))).toEqual(['loop trimmer']);
  await base.close();
});
