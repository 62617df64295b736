// Who may do what: keys, tokens, hosts, origins, limits; and what the log says of it.

import { request as httpRequest } from 'node:http';
import {
  type AgentId,
  AgentRegisteredV1,
  AgentStateV1,
  NovaError,
  newAgentId,
  newMessageId,
  newTaskId,
  TaskPageV1,
  TaskSpec,
  TaskStateV1,
} from '@nova-torch/protocol';
import { asStreamEntries, openBroker } from '@nova-torch/streams';
import { eventually, startTestBroker, type TestBroker } from '@nova-torch/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { createAgentTokens } from '../src/auth/agent-token.ts';
import { ADMIN_KEY, startGateway, type TestGateway } from './support/gateway.ts';
import type { OtherServices } from './support/other-services.ts';
import { anAgentRecord } from './support/records.ts';
import { useGateway } from './support/use-gateway.ts';

let broker: TestBroker;
let gateway: TestGateway;
let others: OtherServices;
const tokens = createAgentTokens(ADMIN_KEY);
const agentId = newAgentId(0, Date.now());
const otherId = newAgentId(0, Date.now());
const taskId = newTaskId(0, Date.now() - 60_000);

useGateway((rig) => {
  ({ broker, gateway, others } = rig);
});
beforeAll(() => {
  others.on('agent.register.v1', ({ message }) => {
    if (message.type !== 'agent.register.v1') return undefined;
    const { agent_id = newAgentId(0, Date.now()) } = message.payload.registration;
    return {
      definition: AgentRegisteredV1,
      payload: { agent: anAgentRecord(agent_id), heartbeat_every_ms: 5000, server_time_ms: Date.now() },
    };
  });
  others.on('agent.deregister.v1', ({ message }) => {
    const { agent_id } = message.payload as { agent_id: AgentId };
    return { definition: AgentStateV1, payload: { agent: anAgentRecord(agent_id) } };
  });
  others.on('task.get.v1', () => {
    throw new NovaError('TASK_UNKNOWN', 'There is no such task.');
  });
});

describe('a key', () => {
  test.each([
    ['none', null],
    ['a wrong one', 'wrong-key-0123456789'],
    ['a part of the right one', ADMIN_KEY.slice(0, -1)],
    ['a token with a wrong signature', `${agentId}.AAAA`],
    ['a token of another admin key', createAgentTokens('another-key').make(agentId)],
    ['a token that names no agent', 'somebody.AAAA'],
  ])('%s is UNAUTHENTICATED', async (_, key) => {
    const { status, body, headers } = await gateway.call('GET', '/v1/me', { key });
    expect([status, body.code]).toEqual([401, 'UNAUTHENTICATED']);
    expect(headers.get('www-authenticate')).toContain('Bearer');
  });

  test('is asked for before anything else is looked at', async () => {
    const { status } = await gateway.call('POST', '/v1/tasks', { key: null, raw: '{' });
    expect(status).toBe(401);
  });

  test('the admin key is everybody', async () => {
    const { body } = await gateway.call('GET', '/v1/me');
    expect(body).toMatchObject({ kind: 'admin', name: 'admin', gateway: { version: '1.0.0' } });
  });

  test('never shows in the log', async () => {
    const key = 'wrong-key-that-must-not-show';
    await gateway.call('GET', '/v1/me', { key });
    await gateway.call('GET', '/v1/me');
    const log = gateway.log.join('');
    expect(log).not.toContain(key);
    expect(log).not.toContain(ADMIN_KEY);
  });
});

describe('an agent token', () => {
  const key = tokens.make(agentId);

  test('says who it is, submits and reads', async () => {
    const me = await gateway.call('GET', '/v1/me', { key });
    expect(me.body).toMatchObject({ kind: 'agent', name: agentId, agent_id: agentId });
    const submitted = await gateway.call('POST', '/v1/tasks', { key, body: { title: 'of an agent' } });
    expect(submitted.status).toBe(202);
    expect((await gateway.call('GET', `/v1/tasks/${taskId}`, { key })).status).toBe(404);
  });

  test('reads the tasks it submitted or was assigned, now or before, and no other', async () => {
    const view = (fields: object) => ({
      task_id: taskId,
      status: 'completed' as const,
      spec: TaskSpec.parse({ title: 'x' }),
      submitter: 'admin',
      epoch: 1,
      attempt: 1,
      submitted_at_ms: 1,
      ...fields,
    });
    const assigned = { seq: 1, at_ms: 1, from: 'ready', to: 'assigned', actor: 'r', epoch: 1, reason: 'x' };
    const cases: [object, object[], number][] = [
      [{ submitter: agentId }, [], 200],
      [{ agent_id: agentId }, [], 200],
      [{ agent_id: otherId }, [{ ...assigned, agent_id: agentId }], 200],
      [{ agent_id: otherId, result: 'secret' }, [{ ...assigned, agent_id: otherId }], 403],
    ];
    for (const [fields, history, status] of cases) {
      others.on('task.get.v1', () => ({ definition: TaskStateV1, payload: { task: view(fields), history } }));
      for (const path of ['', '/history', '/wait']) {
        const answer = await gateway.call('GET', `/v1/tasks/${taskId}${path}`, { key });
        expect([path, answer.status]).toEqual([path, status]);
        if (status === 403) expect(JSON.stringify(answer.body)).not.toContain('secret');
        expect((await gateway.call('GET', `/v1/tasks/${taskId}${path}`)).status).toBe(200);
      }
    }
    others.on('task.get.v1', () => {
      throw new NovaError('TASK_UNKNOWN', 'There is no such task.');
    });
  });

  test('asks for lists and messages in its own name', async () => {
    others.on('task.list.v1', () => ({ definition: TaskPageV1, payload: { tasks: [] } }));
    others.on('message.get.v1', () => {
      throw new NovaError('FORBIDDEN', 'not yours');
    });
    expect((await gateway.call('GET', '/v1/tasks', { key })).status).toBe(200);
    expect(await others.next('task.list.v1')).toMatchObject({ payload: { reader: agentId } });
    const { status } = await gateway.call('GET', `/v1/messages/${newMessageId(0, 1)}`, { key });
    expect(status).toBe(403);
    expect(await others.next('message.get.v1')).toMatchObject({ payload: { reader: agentId } });
  });

  test('is the sender of what it sends', async () => {
    const { status } = await gateway.call('POST', `/v1/agents/${agentId}/heartbeat`, { key, body: {} });
    expect(status).toBe(202);
    const beat = await others.next('agent.heartbeat.v1');
    expect(beat).toMatchObject({ sender: agentId, payload: { agent_id: agentId, current_tasks: [] } });
  });

  test('registers its own agent again, and no other', async () => {
    const own = await gateway.call('POST', '/v1/agents', { key, body: { role: 'qa', agent_id: agentId } });
    expect([own.status, own.body.token]).toEqual([201, key]);
    for (const body of [{ role: 'qa', agent_id: otherId }, { role: 'qa' }]) {
      expect((await gateway.call('POST', '/v1/agents', { key, body })).body.code).toBe('FORBIDDEN');
    }
  });

  test.each([
    ['POST', `/v1/agents/${otherId}/heartbeat`],
    ['POST', `/v1/agents/${otherId}/inbox/pull`],
    ['POST', `/v1/agents/${otherId}/inbox/ack`],
    ['POST', `/v1/agents/${otherId}/tasks/${taskId}/complete`],
    ['DELETE', `/v1/agents/${otherId}`],
    ['POST', `/v1/tasks/${taskId}/cancel`],
    ['POST', `/v1/tasks/${taskId}/retry`],
    ['POST', '/v1/spawn'],
    ['POST', `/v1/agents/${agentId}/terminate`],
    ['PUT', '/v1/log-level'],
    ['GET', '/v1/streams'],
  ])('may not %s %s', async (method, path) => {
    const { status, body } = await gateway.call(method, path, { key });
    expect([status, body.code]).toEqual([403, 'FORBIDDEN']);
  });

  test('ends its own agent', async () => {
    expect((await gateway.call('DELETE', `/v1/agents/${agentId}?reason=done`, { key })).status).toBe(200);
    expect(await others.next('agent.deregister.v1')).toMatchObject({ payload: { reason: 'done' } });
  });
});

/** A request with headers that fetch would not send. */
function plainRequest(path: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    httpRequest(new URL(path, gateway.url), { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

describe('where a request comes from', () => {
  const { port } = { port: () => new URL(gateway.url).port };
  const bearer = { authorization: `Bearer ${ADMIN_KEY}` };

  test('a foreign host name without a key is refused (DNS rebinding)', async () => {
    expect(await plainRequest('/openapi.json', { host: 'evil.example' })).toBe(403);
    expect(await plainRequest('/docs', { host: `evil.example:${port()}` })).toBe(403);
    expect(await plainRequest('/openapi.json', { host: `localhost:${port()}` })).toBe(200);
    expect(await plainRequest('/openapi.json', { host: `[::1]:${port()}` })).toBe(200);
  });

  test('a key in the header needs no known host', async () => {
    expect(await plainRequest('/v1/me', { host: 'gateway.internal', ...bearer })).toBe(200);
  });

  test('a page of another origin is refused, even with a key', async () => {
    expect(await plainRequest('/v1/me', { origin: 'https://evil.example', ...bearer })).toBe(403);
    expect(await plainRequest('/openapi.json', { origin: 'null' })).toBe(403);
    expect(await plainRequest('/openapi.json', { 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await plainRequest('/v1/me', { origin: gateway.url, ...bearer })).toBe(200);
    expect(await plainRequest('/openapi.json', { 'sec-fetch-site': 'same-origin' })).toBe(200);
  });
});

describe('a trace', () => {
  const given = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

  test('is continued, answered, and on what is sent', async () => {
    const { headers } = await gateway.call('POST', '/v1/tasks', {
      body: { title: 'traced' },
      headers: { traceparent: given },
    });
    expect(headers.get('traceparent')).toContain('0af7651916cd43dd8448eb211c80319c');
    const submitted = await others.next(
      'task.submitted.v1',
      ({ payload }) => payload.spec.title === 'traced',
    );
    expect(submitted.traceparent).toContain('0af7651916cd43dd8448eb211c80319c');
  });

  test('is started where there is none, or none that is valid', async () => {
    for (const traceparent of [undefined, 'nonsense']) {
      const { headers } = await gateway.call('GET', '/v1/me', {
        ...(traceparent !== undefined && { headers: { traceparent } }),
      });
      expect(headers.get('traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
    }
  });
});

test('limits are said with Retry-After: requests, waits', async () => {
  const small = await startGateway(broker.url, { NOVA_REQUESTS_MAX: '1', NOVA_WAITS_MAX: '1' });
  try {
    // Nobody answers this one for two seconds.
    others.on('message.get.v1', () => undefined);
    const asked = newMessageId(0, Date.now());
    const slow = small.call('GET', `/v1/messages/${asked}`);
    await others.next('message.get.v1', ({ payload }) => payload.message_id === asked);
    const refused = await small.call('GET', '/v1/me');
    expect([refused.status, refused.body.code]).toEqual([429, 'OVERLOADED']);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await slow).body.code).toBe('NO_ANSWER');

    const young = newTaskId(0, Date.now());
    const first = small.call('GET', `/v1/tasks/${young}/wait?timeout_s=3`);
    await others.next('task.get.v1', ({ payload }) => payload.task_id === young);
    const second = await small.call('GET', `/v1/tasks/${young}/wait?timeout_s=3`);
    expect(second.body.code).toBe('OVERLOADED');
    expect((await first).status).toBe(404);
    const metrics = await small.call('GET', '/metrics');
    expect(metrics.body).toMatch(/gateway_overloaded_total\{limit="waits"[^}]*\} 1/);
    expect(metrics.body).toMatch(/gateway_overloaded_total\{limit="requests"[^}]*\} 1/);
  } finally {
    await small.stop();
  }
});

test('a sender that asks too fast is told when to ask again, and holds up nobody else', async () => {
  const small = await startGateway(broker.url, { NOVA_AGENT_REQUESTS_PER_S: '1' });
  try {
    const me = (id: AgentId) => small.call('GET', '/v1/me', { key: tokens.make(id) });
    // At once: a second later there is room for one more.
    const answers = await Promise.all([me(agentId), me(agentId), me(agentId)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 429]);
    const refused = answers.find(({ status }) => status === 429);
    expect([refused?.body.code, refused?.headers.get('retry-after')]).toEqual(['OVERLOADED', '1']);
    expect((await me(otherId)).status).toBe(200);
    expect((await small.call('GET', '/v1/me')).status).toBe(200);
    const metrics = await small.call('GET', '/metrics');
    expect(metrics.body).toMatch(/gateway_overloaded_total\{limit="rate"[^}]*\} 1/);
    await eventually(async () => expect((await me(agentId)).status).toBe(200));
  } finally {
    await small.stop();
  }
});

test('a request whose caller left does not count any more, whatever it was', async () => {
  const small = await startGateway(broker.url, { NOVA_REQUESTS_MAX: '1' });
  try {
    // Nobody answers either of them.
    others.on('message.get.v1', () => undefined);
    others.on('task.cancel.v1', () => undefined);
    const leave = async (method: string, path: string, arrives: 'message.get.v1' | 'task.cancel.v1') => {
      // What arrives is this request, not an earlier one of the same kind.
      others.received.length = 0;
      const caller = new AbortController();
      const call = small.call(method, path, {
        signal: caller.signal,
        ...(method === 'POST' && { body: {} }),
      });
      await others.next(arrives);
      caller.abort();
      await expect(call).rejects.toThrow('abort');
      await eventually(async () => expect((await small.call('GET', '/v1/me')).status).toBe(200), {
        // Before its question is given up, which would end it too.
        timeoutMs: 1_500,
      });
    };
    await leave('GET', '/v1/messages/msg-0-0193f2ab4d7e7c1f9f0e5a4b3c2d1e0f', 'message.get.v1');
    await leave('POST', `/v1/tasks/${taskId}/cancel`, 'task.cancel.v1');
  } finally {
    await small.stop();
  }
});

test('what can wait is refused first, what is critical never, and everybody sees it', async () => {
  // Nobody takes from this one's queue.
  const own = await startTestBroker();
  const client = await openBroker({ url: own.url, name: 'test' });
  const small = await startGateway(own.url, { NOVA_QUEUE_MAX: '4' });
  try {
    const submit = (priority: string) =>
      small.call('POST', '/v1/tasks', { body: { title: 'x', priority } }).then(({ status }) => status);
    for (let n = 0; n < 3; n += 1) expect(await submit('high')).toBe(202);
    await eventually(async () => expect(await submit('normal')).toBe(429));
    expect(await submit('low')).toBe(429);
    const tasks = ['low', 'critical'].map((priority) => ({ title: 'x', priority }));
    const batch = await small.call('POST', '/v1/tasks/batch', { body: { tasks } });
    expect(batch.body).toMatchObject({
      ...{ accepted: 1, refused: 1 },
      results: [{ error: { code: 'OVERLOADED' } }, { task: { status: 'accepted' } }],
    });
    expect((await small.call('GET', '/metrics')).body).toMatch(/gateway_shed_total\{priority="low"[^}]*\} 2/);
    await eventually(async () => {
      const { body } = await small.call('GET', '/health');
      const seen = body.instances.map(({ flow }: { flow?: { shedding: string[] } }) => flow?.shedding);
      expect(seen).toContainEqual(expect.arrayContaining(['low', 'normal']));
    });
    const { body } = await small.call('GET', '/health');
    const [{ flow }] = body.instances.filter((one: { flow?: object }) => one.flow !== undefined);
    expect(flow.limits.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['requests', 'submission queue', 'waits', 'pulls']),
    );
    expect(flow.connections.main).toBe(1);

    // What is handled does not count, trimmed or not.
    const queue = ['{nova.torch}.tasks.queue', 'task-router'] as const;
    await client.call('XGROUP', 'CREATE', ...queue, '0');
    const taken = await client.call('XREADGROUP', 'GROUP', queue[1], 'c', 'STREAMS', queue[0], '>');
    const ids = asStreamEntries(taken).flatMap(({ entries }) => entries.map(({ id }) => id));
    await client.call('XACK', ...queue, ...ids);
    await eventually(async () => expect(await submit('low')).toBe(202));
  } finally {
    await small.stop();
    await client.close();
    await own.stop();
  }
});

test('a queue that nobody takes from is full at some time: then submissions are refused, reading is not', async () => {
  const own = await startTestBroker();
  const small = await startGateway(own.url, { NOVA_QUEUE_MAX: '1' });
  try {
    await small.call('POST', '/v1/tasks', { body: { title: 'the last one' } });
    await eventually(async () => {
      const { status, body, headers } = await small.call('POST', '/v1/tasks', {
        body: { title: 'one more' },
      });
      expect([status, body.code, headers.get('retry-after')]).toEqual([429, 'OVERLOADED', '5']);
    });
    const batch = await small.call('POST', '/v1/tasks/batch', { body: { tasks: [{ title: 'one more' }] } });
    expect(batch.status).toBe(429);
    expect((await small.call('GET', '/v1/me')).status).toBe(200);
    expect((await small.call('GET', '/metrics')).body).toMatch(/gateway_overloaded_total\{limit="queue"/);
  } finally {
    await small.stop();
    await own.stop();
  }
});
