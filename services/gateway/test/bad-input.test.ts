// What is refused, with which problem document, and that nothing of it was done.
import { request as httpRequest } from 'node:http';
import { startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startGateway, type TestGateway } from './support/gateway.ts';
import { streams } from './support/other-services.ts';

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

const AGENT = 'agent-0-0193f2ab51a0722e8c1d9b7a6f5e4d3c';
const TASK = 'task-0-0193f2ab4d7e7c1f9f0e5a4b3c2d1e0f';

/** A refusal: status, code, hint, and that the problem is complete. */
async function refusal(method: string, path: string, options: Parameters<TestGateway['call']>[2] = {}) {
  const { status, headers, body } = await gateway.call(method, path, options);
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(body).toMatchObject({
    type: expect.stringMatching(/^urn:nova-torch:error:/),
    title: expect.any(String),
    status,
    detail: expect.any(String),
    hint: expect.any(String),
    instance: `urn:nova-torch:request:${headers.get('x-request-id')}`,
  });
  return { status, headers, ...body };
}
const fieldsOf = ({ errors = [] }: { errors?: { field: string }[] }) => errors.map(({ field }) => field);

describe('a body that is not valid names its fields', () => {
  test.each([
    ['/v1/tasks', {}, ['title']],
    ['/v1/tasks', { title: '' }, ['title']],
    ['/v1/tasks', { title: 'x', priority: 'soon' }, ['priority']],
    ['/v1/tasks', { title: 'x', required_skills: ['ok', 'No Good'] }, ['required_skills/1']],
    ['/v1/tasks', { title: 'x', retry_backoff: { factor: 0 } }, ['retry_backoff/factor']],
    ['/v1/tasks', { title: 'x', dependencies: ['nope'] }, ['dependencies/0']],
    ['/v1/tasks', { title: 'x', start_timeout: -1 }, ['start_timeout']],
    ['/v1/tasks', { title: 'x', start_timeout: 3_601 }, ['start_timeout']],
    ['/v1/tasks', { title: 'x', progress_timeout: 0 }, ['progress_timeout']],
    ['/v1/tasks', { title: 'x', progress_timeout: 11, timeout: 10 }, ['progress_timeout']],
    ['/v1/tasks', { title: 'x', ttl: Number.NaN }, ['ttl']],
    ['/v1/tasks', { title: 'x', run_at: 'tomorrow' }, ['run_at']],
    [
      '/v1/tasks',
      { title: 'x', run_at: '2999-01-02T00:00:00Z', deadline: '2999-01-01T23:00:00Z' },
      ['deadline'],
    ],
    ['/v1/tasks', { title: 'x', deadline: '2020-01-01T00:00:00Z' }, ['deadline']],
    ['/v1/tasks', { title: 'x', run_at: '2999-01-01T00:00:00Z' }, ['ttl']],
    ['/v1/tasks', { title: 'x', tilte: 'y' }, ['']],
    ['/v1/tasks', [], ['']],
    ['/v1/tasks', 'text', ['']],
    ['/v1/tasks', null, ['']],
    ['/v1/tasks/batch', { tasks: [] }, ['tasks']],
    ['/v1/tasks/batch', { tasks: Array(1001).fill({ title: 'x' }) }, ['tasks']],
    [`/v1/tasks/${TASK}/cancel`, { reason: 7 }, ['reason']],
    ['/v1/agents', { skills: [] }, ['role']],
    [`/v1/agents/${AGENT}/heartbeat`, { current_tasks: ['x'] }, ['current_tasks/0']],
    [`/v1/agents/${AGENT}/inbox/pull`, { wait_s: 31 }, ['wait_s']],
    [`/v1/agents/${AGENT}/inbox/ack`, { entries: [{ entry_id: 'x' }] }, ['entries/0/entry_id']],
    [`/v1/agents/${AGENT}/tasks/${TASK}/start`, { epoch: 1 }, ['lease']],
    [`/v1/agents/${AGENT}/tasks/${TASK}/progress`, { epoch: 1, lease: 'l', percent: 101 }, ['percent']],
    [`/v1/agents/${AGENT}/tasks/${TASK}/complete`, { lease: 'l' }, ['epoch']],
    [`/v1/agents/${AGENT}/tasks/${TASK}/fail`, { epoch: 1, lease: 'l' }, ['message']],
    [`/v1/agents/${AGENT}/terminate`, { force: 'yes' }, ['force']],
    ['/v1/messages', { to: 'nobody', body: 1 }, ['to']],
    ['/v1/messages', { to: 'broadcast' }, ['body']],
    ['/v1/spawn', {}, ['template']],
  ])('POST %s %j', async (path, body, fields) => {
    const problem = await refusal('POST', path, { body });
    expect(problem).toMatchObject({ status: 400, code: 'VALIDATION', retryable: false });
    expect(fieldsOf(problem)).toEqual(fields);
  });

  test.each([
    ['/v1/tasks?status=done', ['status']],
    ['/v1/tasks?limit=0', ['limit']],
    ['/v1/tasks?limit=many', ['limit']],
    ['/v1/tasks/none', ['task_id']],
    ['/v1/tasks/none/history', ['task_id']],
    [`/v1/tasks/${TASK}/wait?timeout_s=301`, ['timeout_s']],
    ['/v1/agents?skills=a%20b', ['skills']],
    ['/v1/agents/none', ['agent_id']],
    ['/v1/messages/none', ['message_id']],
  ])('GET %s', async (path, fields) => {
    const problem = await refusal('GET', path);
    expect(problem).toMatchObject({ status: 400, code: 'VALIDATION' });
    expect(fieldsOf(problem)).toEqual(fields);
  });

  test('an unknown member is named', async () => {
    const { detail } = await refusal('POST', '/v1/tasks', { body: { title: 'x', tilte: 'y' } });
    expect(detail).toContain('tilte');
  });

  test('an Idempotency-Key with blanks is refused', async () => {
    const headers = { 'idempotency-key': 'a b' };
    const problem = await refusal('POST', '/v1/tasks', { body: { title: 'x' }, headers });
    expect(fieldsOf(problem)).toEqual(['idempotency-key']);
  });
});

describe('a body that cannot be read', () => {
  test.each([
    ['{"title":', 'BODY_NOT_JSON', 400],
    ['{"title":"x","__proto__":{"admin":true}}', 'BODY_NOT_JSON', 400],
    ['', 'VALIDATION', 400],
  ])('%j is %s', async (raw, code, status) => {
    expect(await refusal('POST', '/v1/tasks', { raw })).toMatchObject({ code, status });
  });

  test.each(['text/plain', 'application/xml', 'multipart/form-data'])('%s is MEDIA_TYPE', async (type) => {
    const headers = { 'content-type': type };
    const problem = await refusal('POST', '/v1/tasks', { raw: 'title=x', headers });
    expect(problem).toMatchObject({ code: 'MEDIA_TYPE', status: 415 });
  });

  test('__proto__ as a value is only a word', async () => {
    const { status } = await gateway.call('POST', '/v1/tasks', { body: { title: '__proto__' } });
    expect(status).toBe(202);
  });
});

describe('a body that is too large', () => {
  test('names the member that holds most of it', async () => {
    const body = { title: 'x', inputs: { small: 'y', document: 'z'.repeat(300_000) } };
    const problem = await refusal('POST', '/v1/tasks', { body });
    expect(problem).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', status: 413 });
    expect(fieldsOf(problem)).toEqual(['inputs/document']);
  });

  test('beyond 1 MiB is refused without being read', async () => {
    const problem = await refusal('POST', '/v1/tasks', { raw: `{"title":"${'x'.repeat(1_100_000)}"}` });
    expect(problem).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', status: 413 });
  });

  test('also when its length is not told', async () => {
    const status = await new Promise((resolve, reject) => {
      const url = new URL('/v1/tasks', gateway.url);
      const headers = {
        authorization: 'Bearer test-admin-key-0123456789',
        'content-type': 'application/json',
      };
      const sending = httpRequest(url, { method: 'POST', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sending.on('error', reject);
      for (let sent = 0; sent < 40; sent += 1) sending.write('x'.repeat(40_000));
      sending.end();
    }).catch((error: NodeJS.ErrnoException) => error.code);
    expect([413, 'EPIPE', 'ECONNRESET']).toContain(status);
  });

  test('is refused per item in a batch, and the others are taken', async () => {
    const large = { title: 'large', context: { text: 'z'.repeat(300_000) } };
    const { status, body } = await gateway.call('POST', '/v1/tasks/batch', {
      body: { tasks: [{ title: 'first' }, large, { title: '' }, { title: 'last' }] },
    });
    expect(status).toBe(202);
    expect(body).toMatchObject({ accepted: 2, refused: 2 });
    expect(body.results[1].error).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      errors: [{ field: 'context/text' }],
    });
    expect(body.results[2].error).toMatchObject({ code: 'VALIDATION', errors: [{ field: 'title' }] });
  });

  test('of 8 MiB is too much for a batch', async () => {
    const task = { title: 'x', context: { text: 'z'.repeat(200_000) } };
    const problem = await refusal('POST', '/v1/tasks/batch', { body: { tasks: Array(50).fill(task) } });
    expect(problem).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', status: 413 });
  });

  test('a message that grows over the limit when it is written is named too', async () => {
    const numbers = Array.from({ length: 60_000 }, () => '1e20').join(',');
    const problem = await refusal('POST', '/v1/tasks', { raw: `{"title":"x","inputs":{"n":[${numbers}]}}` });
    expect(problem).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', status: 413 });
    expect(fieldsOf(problem)).toEqual(['inputs/n']);
    const batch = `{"tasks":[{"title":"ok"},{"title":"x","inputs":{"n":[${numbers}]}}]}`;
    const { body } = await gateway.call('POST', '/v1/tasks/batch', { raw: batch });
    expect(body).toMatchObject({ accepted: 1, refused: 1 });
  });

  test('a result over 64 KiB is refused by its name', async () => {
    const body = { epoch: 1, lease: 'l', result: 'r'.repeat(70_000) };
    const problem = await refusal('POST', `/v1/agents/${AGENT}/tasks/${TASK}/complete`, { body });
    expect(problem).toMatchObject({ code: 'PAYLOAD_TOO_LARGE', errors: [{ field: 'result' }] });
  });
});

describe('a route that is not there', () => {
  test('is ROUTE_UNKNOWN, with or without a key', async () => {
    expect(await refusal('GET', '/v1/nothing')).toMatchObject({ code: 'ROUTE_UNKNOWN', status: 404 });
    expect(await refusal('GET', '/v1/nothing', { key: null })).toMatchObject({ code: 'ROUTE_UNKNOWN' });
  });

  test('a method it does not have is METHOD_NOT_ALLOWED, with those it has', async () => {
    const problem = await refusal('DELETE', '/v1/tasks');
    expect(problem).toMatchObject({ code: 'METHOD_NOT_ALLOWED', status: 405 });
    expect(problem.headers.get('allow')).toContain('POST');
  });
});

test('nothing of all that reached a stream but the tasks that were accepted', async () => {
  const length = await gateway.base.broker.call('XLEN', streams.tasksQueue);
  expect(length).toBe(4);
  expect(await gateway.base.broker.call('XLEN', streams.tasksReports)).toBe(0);
  expect(await gateway.base.broker.call('XLEN', streams.registry)).toBe(0);
  expect(await gateway.base.broker.call('XLEN', streams.collaborationPeer)).toBe(0);
});
