import { AgentGetV1, declareStream, type Message, newAgentId, newMessage } from '@nova-torch/protocol';
import { ack, createConsumer, type Delivered, openBroker, retry } from '@nova-torch/streams';
import { eventually, startTestBroker, type TestBroker } from '@nova-torch/testing';
import { currentWork, newTraceparent, parseTraceparent, withMessageSpan } from '@nova-torch/tracing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { assembleService } from '../src/assemble-service.ts';
import { baseEnv, loadEnv } from '../src/env.ts';
import { openServiceBase, type ServiceBase } from '../src/service-base.ts';
import { streamUpkeep } from '../src/stream-upkeep.ts';

let server: TestBroker;
beforeAll(async () => {
  server = await startTestBroker();
});
afterAll(() => server.stop());

const openBase = (service: 'registry' | 'gateway') => {
  const env = loadEnv(z.object(baseEnv), { NOVA_BROKER_URL: server.url, NOVA_LOG_LEVEL: 'silent' });
  return openServiceBase(env, service);
};

function question({ broker }: ServiceBase) {
  const nowMs = broker.serverNowMs();
  const head = { sender: 'gateway-1', target: 'registry', nowMs, traceparent: newTraceparent() };
  return newMessage(AgentGetV1, { agent_id: newAgentId(0, nowMs) }, head);
}

/** A question taken by a consumer that is gone for good: nobody holds a lease on its name. */
async function leaveBehind(base: ServiceBase) {
  const left = question(base);
  const key = base.streams.registry;
  await base.broker.call('XGROUP', 'CREATE', key, 'registry', '0', 'MKSTREAM');
  await base.producer.publish(key, left);
  const dead = await openBroker({ url: server.url, name: 'dead' });
  await dead.call('XREADGROUP', 'GROUP', 'registry', 'registry-9', 'COUNT', 1, 'STREAMS', key, '>');
  await dead.close();
  return left;
}

/** A registry that puts every question off once, with what it saw. */
function puttingOff(base: ServiceBase) {
  const { broker, codec, logger, slot, streamMetrics, tracing } = base;
  const seen: { attempt: number; id: string; traceId: string | undefined }[] = [];
  const onAgentGet = (delivered: Delivered<Message>) =>
    withMessageSpan(tracing, delivered, () => {
      const traceId = parseTraceparent(currentWork()?.traceparent)?.traceId;
      const { message, attempt } = delivered;
      seen.push({ attempt, id: message.id, traceId });
      return attempt === 1 ? retry({ afterMs: 20 }) : ack();
    });
  const consumer = createConsumer({
    ...{ broker, codec, logger, group: 'registry', consumer: slot, metrics: streamMetrics },
    streams: [declareStream(0, 'registry')],
    handlers: { 'agent.get.v1': onAgentGet },
  });
  const upkeep = streamUpkeep(base, { work: ['registry'], feeds: ['registryEvents'] });
  return { seen, app: assembleService(base, { parts: { 'consumer registry': consumer, ...upkeep } }) };
}

test('upkeep brings back what was put off, takes over what a dead consumer left, and shows what waits', async () => {
  const base = await openBase('registry');
  const left = await leaveBehind(base);
  const { seen, app } = puttingOff(base);
  await app.start();

  const fresh = question(base);
  const attempts = () => seen.filter(({ id }) => id === fresh.id).map(({ attempt }) => attempt);
  await base.producer.publish(base.streams.registry, fresh);
  await base.broker.call('XADD', base.streams.registry, '*', 'm', '{"not":"a message"}');
  await eventually(() => expect(attempts()).toEqual([1, 2]));
  await eventually(() => expect(seen.some(({ id }) => id === left.id)).toBe(true), { timeoutMs: 10_000 });
  const traceId = parseTraceparent(fresh.traceparent)?.traceId;
  expect(seen.find(({ id }) => id === fresh.id)?.traceId).toBe(traceId);

  const labels = '{stream="{nova.torch}.registry",service="registry"}';
  await eventually(async () => {
    const text = await (await fetch(`${app.address()}/metrics`)).text();
    expect(text).toContain(`nova_torch_stream_dead_letters_kept${labels} 1`);
    const ofGroup = '{stream="{nova.torch}.registry",group="registry",service="registry"}';
    expect(text).toContain(`nova_torch_stream_pending_entries${ofGroup} 0`);
    expect(text).toContain(`nova_torch_stream_lag_entries${ofGroup} 0`);
    expect(text).toContain(`nova_torch_stream_consumers${ofGroup} 1`);
    expect(text).toContain(`nova_torch_stream_delayed_entries${labels} 0`);
    expect(text).toMatch(
      /nova_torch_loop_runs_total\{loop="trimmer",outcome="ok",service="registry"\} [1-9]/,
    );
  });
  await app.stop();
});

test('a service that reads and writes nothing has nothing to keep up', async () => {
  const base = await openBase('gateway');
  expect(streamUpkeep(base, { work: [] })).toEqual({});
  expect(Object.keys(streamUpkeep(base, { work: [], feeds: ['monitoring'] }))).toEqual(['loop trimmer']);
  await base.close();
});
