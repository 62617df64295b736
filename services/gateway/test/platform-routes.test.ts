// Agents, messages, spawning, idempotency and the health of the platform, with this test as the other services.
import {
  AgentPageV1,
  AgentStateV1,
  type AgentTemplate,
  DemandPageV1,
  MessageStateV1,
  NovaError,
  newAgentId,
  newMessageId,
  newSpawnId,
  SERVICES,
  ServiceStatusV1,
  SpawnPageV1,
  type SpawnRecord,
  SpawnStateV1,
  TaskSpec,
  TaskStateV1,
  TemplatePageV1,
} from '@nova-torch/protocol';
import { eventually } from '@nova-torch/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { createAgentTokens } from '../src/auth/agent-token.ts';
import { ADMIN_KEY, type TestGateway } from './support/gateway.ts';
import { type OtherServices, streams } from './support/other-services.ts';
import { anAgentRecord } from './support/records.ts';
import { useGateway } from './support/use-gateway.ts';

let gateway: TestGateway;
let others: OtherServices;
const agentId = newAgentId(0, Date.now());
const agent = anAgentRecord(agentId);

useGateway((rig) => {
  ({ gateway, others } = rig);
});
beforeEach(() => {
  others.received.length = 0;
});

const spawn: SpawnRecord = {
  spawn_id: newSpawnId(0, Date.now()),
  agent_id: agentId,
  template: 'developer',
  role: 'developer',
  state: 'starting',
  requested_by: 'admin',
  host: 'test',
  requested_at_ms: Date.now(),
};

describe('agents', () => {
  test('are listed by filters', async () => {
    others.on('agent.list.v1', () => ({
      definition: AgentPageV1,
      payload: { agents: [agent], next_cursor: 'c', feed_id: '0-0' },
    }));
    const { body } = await gateway.call('GET', '/v1/agents?role=developer&skills=ts,sql&status=idle&limit=5');
    expect(body).toMatchObject({ agents: [{ agent_id: agentId }], next_cursor: 'c' });
    expect(body).not.toHaveProperty('feed_id');
    expect((await others.next('agent.list.v1')).payload).toEqual({
      role: 'developer',
      skills: ['ts', 'sql'],
      status: 'idle',
      limit: 5,
    });
  });

  test('are shown one by one', async () => {
    others.on('agent.get.v1', () => ({ definition: AgentStateV1, payload: { agent } }));
    expect((await gateway.call('GET', `/v1/agents/${agentId}`)).body.agent_id).toBe(agentId);
    others.on('agent.get.v1', () => {
      throw new NovaError('AGENT_UNKNOWN', 'There is no such agent.');
    });
    expect((await gateway.call('GET', `/v1/agents/${agentId}`)).status).toBe(404);
  });
});

describe('messages', () => {
  const answer = (message_id: string) => ({
    definition: MessageStateV1,
    payload: {
      message: { message_id, from: 'admin', to: 'broadcast', body: 1, sent_at_ms: 1, recipients: [] },
    },
  });
  beforeEach(() => {
    others.on('message.send.v1', ({ message }) =>
      answer((message.payload as { message_id: string }).message_id),
    );
    others.on('message.get.v1', ({ message }) =>
      answer((message.payload as { message_id: string }).message_id),
    );
  });

  test('are sent in the name of whoever has the key', async () => {
    const key = createAgentTokens(ADMIN_KEY).make(agentId);
    const { status, body } = await gateway.call('POST', '/v1/messages', {
      key,
      body: { to: 'role:qa', body: { text: 'hello' } },
    });
    expect(status).toBe(202);
    const sent = await others.next('message.send.v1');
    expect(sent.payload).toEqual({
      message_id: body.message_id,
      from: agentId,
      to: 'role:qa',
      body: { text: 'hello' },
    });
  });

  test('under one idempotency key are one message, null being a body', async () => {
    const options = { body: { to: 'broadcast', body: null }, headers: { 'idempotency-key': 'm-1' } };
    const first = await gateway.call('POST', '/v1/messages', options);
    const again = await gateway.call('POST', '/v1/messages', options);
    expect(again.body.message_id).toBe(first.body.message_id);
    const other = { ...options, body: { to: 'broadcast', body: 2 } };
    expect((await gateway.call('POST', '/v1/messages', other)).body.code).toBe('IDEMPOTENCY_CONFLICT');
  });

  test('that are too large name their body', async () => {
    const numbers = Array.from({ length: 60_000 }, () => '1e20').join(',');
    const raw = `{"to":"broadcast","body":[${numbers}]}`;
    const { body } = await gateway.call('POST', '/v1/messages', { raw });
    expect(body).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', errors: [{ field: 'body' }] });
  });

  test('can be looked up', async () => {
    const id = newMessageId(0, Date.now());
    expect((await gateway.call('GET', `/v1/messages/${id}`)).body.message_id).toBe(id);
  });
});

describe('spawning', () => {
  const template: AgentTemplate = {
    name: 'developer',
    description: '',
    role: 'developer',
    skills: [],
    capacity: 1,
    command: ['true'],
    env: { SECRET: 'x' },
    max_instances: 1,
    stop_grace_s: 1,
    labels: {},
  };
  beforeEach(() => {
    others.on('template.list.v1', () => ({ definition: TemplatePageV1, payload: { templates: [template] } }));
    others.on('spawn.list.v1', () => ({ definition: SpawnPageV1, payload: { spawns: [spawn] } }));
    others.on('agent.terminate.v1', () => ({ definition: SpawnStateV1, payload: { spawn } }));
    others.on('agent.spawn.v1', ({ message }) => ({
      definition: SpawnStateV1,
      payload: { spawn: { ...spawn, spawn_id: (message.payload as SpawnRecord).spawn_id } },
    }));
  });

  test('shows templates, without their environment to agents', async () => {
    const { body } = await gateway.call('GET', '/v1/templates');
    expect(body.templates[0].env).toEqual({ SECRET: 'x' });
    const key = createAgentTokens(ADMIN_KEY).make(agentId);
    expect((await gateway.call('GET', '/v1/templates', { key })).body.templates[0].env).toEqual({});
  });

  test('starts an agent once for each key', async () => {
    const options = { body: { template: 'developer' }, headers: { 'idempotency-key': 's-1' } };
    const first = await gateway.call('POST', '/v1/spawn', options);
    expect(first.status).toBe(202);
    expect((await gateway.call('POST', '/v1/spawn', options)).body.spawn_id).toBe(first.body.spawn_id);
    const given = { template: 'developer', spawn_id: spawn.spawn_id };
    expect((await gateway.call('POST', '/v1/spawn', { body: given })).body.spawn_id).toBe(spawn.spawn_id);
    others.on('agent.spawn.v1', () => {
      throw new NovaError('SPAWN_LIMIT', 'One runs already.');
    });
    const refused = await gateway.call('POST', '/v1/spawn', { body: { template: 'developer' } });
    expect([refused.status, refused.body.code]).toEqual([409, 'SPAWN_LIMIT']);
  });

  test('asks for an agent by a template or by a demand, not by both or none', async () => {
    const demand = { role: 'qa', skills: ['selenium'] };
    expect((await gateway.call('POST', '/v1/spawn', { body: { demand } })).status).toBe(202);
    const asked = await others.next('agent.spawn.v1', ({ payload }) => payload.demand !== undefined);
    expect(asked.payload).toMatchObject({ demand });
    expect(asked.payload).not.toHaveProperty('template');
    for (const body of [
      {},
      { template: 'developer', demand },
      { demand: {} },
      { demand: { skills: ['A b'] } },
    ]) {
      const { status, body: problem } = await gateway.call('POST', '/v1/spawn', { body });
      expect([status, problem.code]).toEqual([400, 'VALIDATION']);
    }
  });

  test('shows which agents are missing', async () => {
    const unserved = [{ skills: ['rust'], tasks: 3, state: 'refused', reason: 'no template', attempts: 1 }];
    others.on('demand.list.v1', () => ({ definition: DemandPageV1, payload: { unserved } }));
    const { status, body } = await gateway.call('GET', '/v1/scaling');
    expect([status, body]).toEqual([200, { unserved }]);
  });

  test('lists and ends what was started', async () => {
    expect((await gateway.call('GET', '/v1/spawns')).body.spawns).toHaveLength(1);
    const { status } = await gateway.call('POST', `/v1/agents/${agentId}/terminate`, {
      body: { force: true },
    });
    expect(status).toBe(202);
    expect((await others.next('agent.terminate.v1')).payload).toMatchObject({
      agent_id: agentId,
      force: true,
    });
    expect((await gateway.call('POST', `/v1/agents/${agentId}/terminate`)).status).toBe(202);
  });
});

describe('an Idempotency-Key', () => {
  const call = (key: string, body: unknown, path = '/v1/tasks') =>
    gateway.call('POST', path, { body, headers: { 'idempotency-key': key } });

  test('makes the same body the same task, whatever the order of its members', async () => {
    const first = await call('k-1', { title: 'x', priority: 'high', labels: { a: '1', b: '2' } });
    const again = await call('k-1', { labels: { b: '2', a: '1' }, priority: 'high', title: 'x' });
    expect(again.body.task_id).toBe(first.body.task_id);
    await eventually(() => others.of('task.submitted.v1').length === 2);
    const ids = others.of('task.submitted.v1').map(({ payload }) => payload.task_id);
    expect(new Set(ids).size).toBe(1);
  });

  test('with another body is a conflict, and nothing is sent', async () => {
    await call('k-2', { title: 'x' });
    const { status, body } = await call('k-2', { title: 'y' });
    expect([status, body.code]).toEqual([409, 'IDEMPOTENCY_CONFLICT']);
    expect(body.errors[0].field).toBe('Idempotency-Key');
    await others.next('task.submitted.v1');
    expect(others.of('task.submitted.v1')).toHaveLength(1);
  });

  test('is the submitter’s own', async () => {
    const key = createAgentTokens(ADMIN_KEY).make(agentId);
    const headers = { 'idempotency-key': 'k-3' };
    const mine = await gateway.call('POST', '/v1/tasks', { body: { title: 'x' }, headers });
    const theirs = await gateway.call('POST', '/v1/tasks', { body: { title: 'y' }, headers, key });
    expect(theirs.status).toBe(202);
    expect(theirs.body.task_id).not.toBe(mine.body.task_id);
  });

  test('holds for requests at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => call('k-4', { title: 'x' })));
    expect(new Set(answers.map(({ body }) => body.task_id)).size).toBe(1);
  });

  test('covers each position of a batch', async () => {
    const first = await call('k-5', { tasks: [{ title: 'a' }, { title: 'b' }] }, '/v1/tasks/batch');
    const again = await call('k-5', { tasks: [{ title: 'a' }, { title: 'c' }] }, '/v1/tasks/batch');
    expect(again.body.results[0].task.task_id).toBe(first.body.results[0].task.task_id);
    expect(again.body.results[1].error.code).toBe('IDEMPOTENCY_CONFLICT');
  });

  test('of a batch is no other request’s', async () => {
    const batch = await call('k-6', { tasks: [{ title: 'a' }] }, '/v1/tasks/batch');
    const alone = await call('k-6#0', { title: 'a' });
    expect(alone.status).toBe(202);
    expect(alone.body.task_id).not.toBe(batch.body.results[0].task.task_id);
  });
});

test('a batch asks about the tasks with dependencies', async () => {
  const dependency = 'task-0-0193f2ab4d7e7c1f9f0e5a4b3c2d1e0f';
  others.on('task.submitted.v1', ({ message }) => {
    if (message.type !== 'task.submitted.v1' || !message.payload.answer) return undefined;
    const { task_id, spec } = message.payload;
    if (spec.title === 'bad') throw new NovaError('DEPENDENCY_UNKNOWN', 'There is no such task.');
    return {
      definition: TaskStateV1,
      payload: {
        task: {
          task_id,
          status: 'blocked',
          spec: TaskSpec.parse(spec),
          submitter: 'admin',
          epoch: 0,
          attempt: 0,
          submitted_at_ms: 1,
        },
      },
    };
  });
  const { body } = await gateway.call('POST', '/v1/tasks/batch', {
    body: {
      tasks: [
        { title: 'plain' },
        { title: 'after', dependencies: [dependency] },
        { title: 'bad', dependencies: [dependency] },
      ],
    },
  });
  expect(body.results).toMatchObject([
    { task: { status: 'accepted' } },
    { task: { status: 'blocked' } },
    { error: { code: 'DEPENDENCY_UNKNOWN' } },
  ]);
});

describe('the platform', () => {
  const say = (service: string, fields: object = {}) =>
    others.publish(streams.monitoring, ServiceStatusV1, {
      service,
      instance: `${service}-1`,
      ready: true,
      stopping: false,
      missing: [],
      pid: 1,
      started_at_ms: 1,
      // What is said counts for three periods: for the whole test, however slowly it runs.
      every_ms: 60_000,
      load: { tasks: 3 },
      ...fields,
    });

  test('is well when each service has a ready instance, and says what is missing', async () => {
    const before = await gateway.call('GET', '/health', { key: null });
    expect(before.status).toBe(503);
    expect(before.body.missing).toContain('registry: no instance is running');
    for (const service of SERVICES) await say(service);
    await eventually(async () => expect((await gateway.call('GET', '/health')).status).toBe(200));
    await say('spawner', { ready: false, missing: ['templates: not read'] });
    await eventually(async () => {
      const { status, body } = await gateway.call('GET', '/health');
      expect([status, body.missing]).toEqual([503, ['spawner: templates: not read']]);
    });
    await say('spawner', { stopping: true });
    await eventually(async () => {
      const { body } = await gateway.call('GET', '/health');
      expect(body.missing).toEqual(['spawner: no instance is running']);
    });
    await say('spawner');
    await eventually(async () => expect((await gateway.call('GET', '/health')).status).toBe(200));
    const { body } = await gateway.call('GET', '/health');
    expect(body.instances).toContainEqual(
      expect.objectContaining({ service: 'spawner', instance: 'spawner-1', ready: true, load: { tasks: 3 } }),
    );
  });

  test('lives, is ready, and measures itself', async () => {
    expect((await gateway.call('GET', '/health/live', { key: null })).status).toBe(200);
    expect((await gateway.call('GET', '/health/ready', { key: null })).status).toBe(200);
    const { body } = await gateway.call('GET', '/metrics', { key: null });
    expect(body).toContain('nova_torch_gateway_open_pulls');
  });

  test('shows its streams', async () => {
    await others.publish(streams.monitoring, ServiceStatusV1, {});
    const { body } = await gateway.call('GET', '/v1/streams');
    const queue = body.streams.find(({ name }: { name: string }) => name === streams.tasksQueue);
    expect(queue).toMatchObject({
      kind: 'work',
      dead_letters: 0,
      groups: [{ name: 'task-router', pending: 0, consumers: expect.any(Number) }],
    });
    const scaling = body.streams.find(({ name }: { name: string }) => name === streams.agentsScaling);
    expect(scaling).toMatchObject({ kind: 'feed', entries: 0, groups: [] });
  });

  test('has its documentation without any other host', async () => {
    const page = await gateway.call('GET', '/docs', { key: null });
    expect(page.status).toBe(200);
    expect(page.body).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect((await gateway.call('GET', '/docs/static/swagger-ui-bundle.js', { key: null })).status).toBe(200);
  });
});

describe('the level of the log', () => {
  test('is changed for a while by a message to all instances, and /health shows who logs at another one', async () => {
    const told = await gateway.call('PUT', '/v1/log-level', {
      body: { service: 'gateway', level: 'debug', for_s: 30 },
    });
    expect(told).toMatchObject({ status: 202, body: { level: 'debug' } });
    const { until_ms: untilMs } = told.body as { until_ms: number };
    expect(untilMs - Date.now()).toBeGreaterThan(20_000);
    await eventually(async () => {
      const { instances } = (await gateway.call('GET', '/health')).body as {
        instances: { service: string; instance: string; log_level?: unknown }[];
      };
      const own = instances.filter(({ instance }) => instance === gateway.base.instance);
      expect(own).toMatchObject([{ log_level: { level: 'debug', until_ms: untilMs } }]);
    });
  });

  test('is bounded: a day at most, and never silent', async () => {
    const put = async (body: object) => (await gateway.call('PUT', '/v1/log-level', { body })).status;
    expect(await put({ level: 'debug', for_s: 90_000 })).toBe(400);
    expect(await put({ level: 'silent' })).toBe(400);
  });
});
