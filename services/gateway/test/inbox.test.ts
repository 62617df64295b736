// The inbox over HTTP: pulls, acknowledgements, signs of death. The inboxes are real streams; this test is the registry.
import { once } from 'node:events';
import { connect } from 'node:net';
import {
  AgentHeartbeatV1,
  type AgentId,
  AgentJoinedV1,
  AgentReapedV1,
  codec,
  INBOX_GROUP,
  InboxRangV1,
  type Message,
  type MessageDefinition,
  MessagePostedV1,
  newAgentId,
  newMessage,
  newMessageId,
  newTaskId,
  TaskClaimedV1,
  TaskStopV1,
} from '@nova-torch/protocol';
import { deadLetterKey } from '@nova-torch/streams';
import { eventually, type TestBroker } from '@nova-torch/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { startGateway, type TestGateway } from './support/gateway.ts';
import { type OtherServices, streams } from './support/other-services.ts';
import { anAgentRecord } from './support/records.ts';
import { useGateway } from './support/use-gateway.ts';

let broker: TestBroker;
let gateway: TestGateway;
let others: OtherServices;
let agentId: AgentId;

useGateway(
  (rig) => {
    ({ broker, gateway, others } = rig);
  },
  { NOVA_SIGN_GATHER_MS: '50' },
);
beforeEach(async () => {
  others.received.length = 0;
  agentId = await newInbox();
});

async function newInbox(): Promise<AgentId> {
  const id = newAgentId(0, Date.now());
  await others.broker.call('XGROUP', 'CREATE', streams.agentInbox(id), INBOX_GROUP, '0', 'MKSTREAM');
  return id;
}

/** Writes into an inbox and rings, as the other services do. */
async function post(definition: MessageDefinition, payload: object, to = agentId): Promise<void> {
  await others.publish(streams.agentInbox(to), definition, payload);
  await others.publish(streams.agentsDoorbell, InboxRangV1, { agent_id: to });
}
const stop = (reason: string, to = agentId) =>
  post(TaskStopV1, { task_id: newTaskId(0, Date.now()), epoch: 1, reason }, to);

const pull = (body: object = {}, options: { signal?: AbortSignal; id?: AgentId } = {}) =>
  gateway.call('POST', `/v1/agents/${options.id ?? agentId}/inbox/pull`, {
    body: { wait_s: 0, ...body },
    ...(options.signal && { signal: options.signal }),
  });
const ack = (...ids: string[]) =>
  gateway.call('POST', `/v1/agents/${agentId}/inbox/ack`, {
    body: { entries: ids.map((entry_id) => ({ entry_id })) },
  });
const reasonsOf = ({ body }: { body: { messages: { message: { payload: { reason: string } } }[] } }) =>
  body.messages.map(({ message }) => message.payload.reason);
/** Waits until a pull is open at the gateway. */
const opened = (at: TestGateway = gateway) =>
  eventually(() =>
    at.base.metrics.registry
      .getSingleMetricAsString('nova_torch_gateway_open_pulls')
      .then((text) => / [1-9]/.test(text)),
  );

describe('a pull', () => {
  test('gives what is there, oldest first, at most so many', async () => {
    for (const reason of ['a', 'b', 'c']) await stop(reason);
    const first = await pull({ max: 2 });
    expect(first.status).toBe(200);
    expect(reasonsOf(first)).toEqual(['a', 'b']);
    expect(first.body.messages[0].message.type).toBe('task.stop.v1');
    expect(first.body.server_time_ms).toBeGreaterThan(1e12);
    expect(reasonsOf(await pull())).toEqual(['c']);
    expect(reasonsOf(await pull())).toEqual([]);
  });

  test('waits for the doorbell', async () => {
    const waiting = pull({ wait_s: 20 });
    await opened();
    await stop('rang');
    expect(reasonsOf(await waiting)).toEqual(['rang']);
  });

  test('is empty when nothing comes in time, and for somebody else’s doorbell', async () => {
    const other = await newInbox();
    const waiting = pull({ wait_s: 0.3 });
    await stop('not yours', other);
    expect(reasonsOf(await waiting)).toEqual([]);
  });

  test('of an agent without an inbox is AGENT_UNKNOWN', async () => {
    const { status, body } = await pull({}, { id: newAgentId(0, Date.now()) });
    expect([status, body.code]).toEqual([404, 'AGENT_UNKNOWN']);
  });

  test('ends the one before, which is answered empty', async () => {
    const before = pull({ wait_s: 20 });
    await opened();
    const after = pull({ wait_s: 20 });
    expect(reasonsOf(await before)).toEqual([]);
    await stop('for the second');
    expect(reasonsOf(await after)).toEqual(['for the second']);
  });

  test('learns that the agent was reaped', async () => {
    const waiting = pull({ wait_s: 20 });
    await opened();
    await others.broker.call('DEL', streams.agentInbox(agentId));
    await others.publish(streams.registryEvents, AgentReapedV1, { agent_id: agentId, at_ms: Date.now() });
    expect((await waiting).body.code).toBe('AGENT_UNKNOWN');
  });

  test('puts an entry that cannot be read among the dead letters', async () => {
    const inbox = streams.agentInbox(agentId);
    await others.broker.call('XADD', inbox, '*', 'm', '{"type":"nonsense"}');
    await stop('readable');
    expect(reasonsOf(await pull())).toEqual(['readable']);
    await eventually(async () => (await others.broker.call('XLEN', deadLetterKey(inbox))) === 1);
  });

  test('over the limit of open ones is OVERLOADED', async () => {
    const small = await startGateway(broker.url, { NOVA_PULLS_MAX: '1' });
    const another = await newInbox();
    try {
      const first = small.call('POST', `/v1/agents/${agentId}/inbox/pull`, { body: { wait_s: 20 } });
      await opened(small);
      const { body } = await small.call('POST', `/v1/agents/${another}/inbox/pull`, { body: { wait_s: 0 } });
      expect(body.code).toBe('OVERLOADED');
      await stop('done');
      await first;
    } finally {
      await small.stop();
    }
  });
});

describe('an entry is given again', () => {
  test('when the agent registered anew', async () => {
    await stop('once');
    expect(reasonsOf(await pull())).toEqual(['once']);
    expect(reasonsOf(await pull())).toEqual([]);
    await others.publish(streams.registryEvents, AgentJoinedV1, { agent: anAgentRecord(agentId) });
    await eventually(async () => expect(reasonsOf(await pull())).toEqual(['once']));
  });

  test('when the session is another', async () => {
    for (const reason of ['one', 'two', 'three']) await stop(reason);
    expect(reasonsOf(await pull({ session: 'a' }))).toEqual(['one', 'two', 'three']);
    expect(reasonsOf(await pull({ session: 'a' }))).toEqual([]);
    expect(reasonsOf(await pull({ session: 'b', max: 2 }))).toEqual(['one', 'two']);
    expect(reasonsOf(await pull({ session: 'b', max: 2 }))).toEqual(['three']);
  });

  test('when the broker’s answer to the reading of it was lost', async () => {
    expect(reasonsOf(await pull())).toEqual([]);
    await broker.pause();
    const refused = pull();
    expect((await refused).body.code).toBe('BROKER_UNAVAILABLE');
    await broker.resume();
    await stop('lost');
    // What a call does whose answer nobody gets.
    const inbox = streams.agentInbox(agentId);
    await others.broker.call('XREADGROUP', 'GROUP', INBOX_GROUP, agentId, 'STREAMS', inbox, '>');
    await eventually(async () => expect(reasonsOf(await pull())).toEqual(['lost']));
  });

  test('when its answer did not get through', async () => {
    const controller = new AbortController();
    const cut = pull({ wait_s: 20 }, { signal: controller.signal }).catch((error: Error) => error.name);
    await opened();
    controller.abort();
    expect(await cut).toBe('AbortError');
    await stop('not lost');
    expect(reasonsOf(await pull({ wait_s: 5 }))).toEqual(['not lost']);
  });

  test('when it is not acknowledged for a while, but not once it is', async () => {
    // One of its own: the others must not give again while a test runs slowly.
    const hasty = await startGateway(broker.url, { NOVA_INBOX_REDELIVER_MS: '1500' });
    try {
      const pullAgain = () => hasty.call('POST', `/v1/agents/${agentId}/inbox/pull`, { body: { wait_s: 0 } });
      await stop('kept');
      await stop('taken');
      const { body } = await pullAgain();
      const entries = [{ entry_id: body.messages[1].entry_id }];
      const acked = await hasty.call('POST', `/v1/agents/${agentId}/inbox/ack`, { body: { entries } });
      expect(acked.body).toEqual({ acknowledged: 1 });
      await eventually(async () => expect(reasonsOf(await pullAgain())).toEqual(['kept']));
    } finally {
      await hasty.stop();
    }
  });
});

describe('an acknowledgement', () => {
  test('counts what was pending, once', async () => {
    await stop('x');
    const { body } = await pull();
    const id = body.messages[0].entry_id;
    expect((await ack(id, id)).body).toEqual({ acknowledged: 1 });
    expect((await ack(id)).body).toEqual({ acknowledged: 0 });
  });

  test('of a message tells collaboration that it was delivered', async () => {
    const message_id = newMessageId(0, Date.now());
    await post(MessagePostedV1, { message_id, agent_id: agentId, from: 'admin', to: agentId, body: 'hello' });
    const { body } = await pull();
    await ack(body.messages[0].entry_id);
    await ack(body.messages[0].entry_id);
    const delivered = await others.next('message.delivered.v1');
    expect(delivered).toMatchObject({ sender: agentId, payload: { message_id, agent_id: agentId } });
    expect(others.of('message.delivered.v1')).toHaveLength(1);
  });
});

describe('reports', () => {
  const epoch = 1_763_683_200_000;
  const lease = 'a-lease';
  const taskId = newTaskId(0, Date.now());
  const report = (what: string, body: object) =>
    gateway.call('POST', `/v1/agents/${agentId}/tasks/${taskId}/${what}`, {
      body: { epoch, lease, ...body },
    });

  test('go to the task-router in the agent’s name', async () => {
    expect((await report('start', { lease_until_ms: Date.now() + 60_000 })).status).toBe(202);
    expect(await others.next('report.started.v1')).toMatchObject({
      sender: agentId,
      payload: { task_id: taskId, agent_id: agentId, epoch, lease, started_at_ms: expect.any(Number) },
    });
    expect(others.of('task.claim.v1')).toHaveLength(0);
    expect((await report('progress', { percent: 10, step: 'one' })).status).toBe(202);
    expect(await others.next('report.progress.v1')).toMatchObject({ payload: { percent: 10, step: 'one' } });
    expect((await report('complete', { result: [1], exit_code: 0 })).status).toBe(202);
    expect(await others.next('report.completed.v1')).toMatchObject({
      payload: { result: [1], exit_code: 0 },
    });
    const long = `${'x'.repeat(5_000)}the end`;
    expect((await report('fail', { message: long, retryable: false })).status).toBe(202);
    const failed = await others.next('report.failed.v1');
    expect(failed.payload).toMatchObject({ code: 'AGENT_REPORTED', retryable: false, returned: false });
    expect(failed.payload.message).toHaveLength(4_000);
    expect(failed.payload.message).toMatch(/the end$/);
  });

  test('of a start past the lease ask the router first', async () => {
    others.on('task.claim.v1', () => ({
      definition: TaskClaimedV1,
      payload: { task_id: taskId, granted: true, reason: 'still yours' },
    }));
    expect((await report('start', {})).status).toBe(202);
    await others.next('report.started.v1');
    others.on('task.claim.v1', () => ({
      definition: TaskClaimedV1,
      payload: { task_id: taskId, granted: false, reason: 'another agent has it' },
    }));
    const refused = await report('start', { lease_until_ms: Date.now() - 60_000 });
    expect([refused.status, refused.body.code]).toEqual([409, 'ASSIGNMENT_STALE']);
    expect(refused.body.detail).toContain('another agent');
    expect(others.of('report.started.v1')).toHaveLength(1);
  });

  test('acknowledge the entries they settle, and are sent when those were taken before', async () => {
    await stop('one');
    await stop('two');
    const { body } = await pull();
    const entry_ids = body.messages.map(({ entry_id }: { entry_id: string }) => entry_id);
    await report('complete', { entry_ids });
    await others.next('report.completed.v1');
    expect((await ack(...entry_ids)).body).toEqual({ acknowledged: 0 });
    await report('complete', { entry_ids });
    await eventually(() => others.of('report.completed.v1').length === 2);
  });
});

describe('a pull whose connection closes', () => {
  const beat = () => gateway.call('POST', `/v1/agents/${agentId}/heartbeat`, { body: { current_tasks: [] } });
  async function openAndClose(): Promise<void> {
    const controller = new AbortController();
    const cut = pull({ wait_s: 20 }, { signal: controller.signal }).catch(() => undefined);
    await opened();
    controller.abort();
    await cut;
  }

  test('is a sign of death; a new pull repeats the last heartbeat', async () => {
    await beat();
    await openAndClose();
    const sign = await others.next('agent.sign.v1');
    expect(sign.payload).toMatchObject({ agent_id: agentId, sign: 'session_closed' });
    expect(others.of('agent.heartbeat.v1')).toHaveLength(1);
    await pull();
    await eventually(() => others.of('agent.heartbeat.v1').length === 2);
    await pull();
    expect(others.of('agent.heartbeat.v1')).toHaveLength(2);
  });

  test('is none when the pull was answered', async () => {
    const waiting = pull({ wait_s: 20 });
    await opened();
    await stop('answered');
    await waiting;
    await openAndClose();
    await others.next('agent.sign.v1');
    expect(others.of('agent.sign.v1')).toHaveLength(1);
  });

  test('is none when most of them close together', async () => {
    // Gathered for longer, so that a busy machine closes them within one moment too.
    const patient = await startGateway(broker.url, { NOVA_SIGN_GATHER_MS: '1000' });
    const metric = (name: string) =>
      patient.base.metrics.registry.getSingleMetricAsString(`nova_torch_gateway_${name}`);
    try {
      const controller = new AbortController();
      const ids = await Promise.all(Array.from({ length: 8 }, newInbox));
      const cut = ids.map((id) =>
        patient
          .call('POST', `/v1/agents/${id}/inbox/pull`, { body: { wait_s: 20 }, signal: controller.signal })
          .catch(() => undefined),
      );
      await eventually(async () => / 8$/.test((await metric('open_pulls')).trim()));
      controller.abort();
      await Promise.all(cut);
      const gathered = async () => /outcome="burst"[^}]*\} 8/.test(await metric('session_closes_total'));
      await eventually(gathered, { timeoutMs: 20_000 });
      expect(others.of('agent.sign.v1')).toHaveLength(0);
    } finally {
      await patient.stop();
    }
  });
});

test('a stop answers open pulls and waits at once', async () => {
  const stopping = await startGateway(broker.url);
  const path = `/v1/agents/${agentId}/inbox/pull`;
  const waiting = stopping.call('POST', path, { body: { wait_s: 30 } });
  await opened(stopping);
  const began = performance.now();
  await stopping.stop();
  expect(performance.now() - began).toBeLessThan(3_000);
  expect((await waiting).body.messages).toEqual([]);
});

test('a stop does not wait for a connection that a client opened and never used', async () => {
  const stopping = await startGateway(broker.url);
  const unused = connect(Number(new URL(stopping.url).port), '127.0.0.1');
  await once(unused, 'connect');
  const closed = once(unused, 'close');
  const began = performance.now();
  await stopping.stop();
  expect(performance.now() - began).toBeLessThan(3_000);
  await closed;
});

test('a message from another writer is given as it is', async () => {
  const message = newMessage(
    AgentHeartbeatV1,
    { agent_id: agentId, current_tasks: [], draining: false },
    { sender: 'someone', target: agentId, nowMs: Date.now(), correlation_id: 'c-1' },
  ) as Message;
  await others.broker.call('XADD', streams.agentInbox(agentId), '*', 'm', codec.encode(message));
  expect((await pull()).body.messages[0].message).toMatchObject({ sender: 'someone', correlation_id: 'c-1' });
});
