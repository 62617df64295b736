// Lines about what went wrong with a message name the task or the agent it is about, its trace and its request: so they are
// found from an id that somebody has.
import {
  AgentGetV1,
  AgentTerminateV1,
  codec,
  type Message,
  type MessageDefinition,
  MessageDeliveredV1,
  newAgentId,
  newMessage,
  newMessageId,
  newTaskId,
  ownedKeys,
  streamKeys,
  TaskGetV1,
} from '@nova-torch/protocol';
import { newTraceparent } from '@nova-torch/service-kit';
import { type Broker, createProducer, openBroker } from '@nova-torch/streams';
import { eventually, type Platform, startPlatform } from '@nova-torch/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { z } from 'zod';

let platform: Platform;
let broker: Broker;
beforeAll(async () => {
  platform = await startPlatform({ services: ['registry', 'spawner', 'collaboration'] });
  broker = await openBroker({ url: platform.brokerUrl, name: 'log-ids' });
});
afterAll(async () => {
  await broker?.close();
  await platform?.stop();
});

const streams = streamKeys(0);
const CORRELATION = '0193f2ab-0000-7000-8000-00000000c0de';

/** Sends a message and tells the ids a line about it must have. */
async function send<D extends MessageDefinition>(
  stream: string,
  definition: D,
  payload: z.input<D['payload']>,
) {
  const traceparent = newTraceparent(0);
  const message = newMessage(definition, definition.payload.parse(payload) as z.infer<D['payload']>, {
    ...{ sender: 'log-ids', target: 'whoever', nowMs: broker.serverNowMs() },
    ...{ traceparent, correlation_id: CORRELATION },
  }) as unknown as Message;
  await createProducer(broker, codec).publish(stream, message);
  return { trace_id: traceparent.slice(3, 35), correlation_id: CORRELATION };
}

const agentId = newAgentId(0, Date.now());
const messageId = newMessageId(0, Date.now());
const registry = ownedKeys(0, 'registry');
const spawner = ownedKeys(0, 'spawner');
const collaboration = ownedKeys(0, 'collaboration');
/** What makes each service fail at a message about an agent: a key of its own that holds something else. */
const FAILING = {
  registry: {
    stream: streams.registry,
    key: `${registry}:agent:${agentId}`,
    tell: () => send(streams.registry, AgentGetV1, { agent_id: agentId }),
  },
  spawner: {
    stream: streams.agentsTerminating,
    key: `${spawner}:agents`,
    tell: () =>
      send(streams.agentsTerminating, AgentTerminateV1, { agent_id: agentId, reason: 'test', force: false }),
  },
  collaboration: {
    stream: streams.collaborationPeer,
    key: `${collaboration}:receipts:${messageId}`,
    tell: () =>
      send(streams.collaborationPeer, MessageDeliveredV1, {
        ...{ message_id: messageId, agent_id: agentId, at_ms: Date.now() },
      }),
  },
} as const;

test.each(Object.keys(FAILING) as (keyof typeof FAILING)[])('those of the %s do', async (name) => {
  const { stream, key, tell } = FAILING[name];
  const line = (msg: string, fields: object) =>
    eventually(() => expect(platform.logs(name)).toContainEqual(expect.objectContaining({ msg, ...fields })));

  await broker.call('SET', key, 'not a hash');
  await line('attempt failed', { ...(await tell()), agent_id: agentId });
  await broker.call('DEL', key);

  const taskId = newTaskId(0, Date.now());
  const ids = await send(stream, TaskGetV1, { task_id: taskId });
  await line('message dead-lettered', { ...ids, task_id: taskId });
});
