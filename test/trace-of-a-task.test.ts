// One task through all hops, as a collector sees it: HTTP request → stream → router → agent → router → answer.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NovaClient } from '@nova-torch/client';
import {
  attributesOf,
  eventually,
  type Platform,
  type ReceivedSpan,
  startOtlpReceiver,
  startPlatform,
} from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningAgent, startAgent } from './support/agents.ts';
import { expectOneTree, hopsOf, inOrder, pathOf, spanNamed } from './support/trace.ts';

const SEND_TASK = 'send agents.direct.{agent_id}';
const RUN_TASK = 'process agents.direct.{agent_id}';
const CALLER = '00f067aa0ba902b7';

let collector: Awaited<ReturnType<typeof startOtlpReceiver>>;
let platform: Platform;
let client: NovaClient;
const agents = new Map<string, RunningAgent>();

/**
 * An agent whose command waits for its gate (`endAwaited`), then tells the traceparent it was given; it fails
 * the first attempt at a task named `Again`, and each at one named `Fail`.
 */
async function startTracedAgent(skill: string, overHttp = false): Promise<void> {
  const command = [
    'sh',
    '-c',
    `until [ -e "$GATES/$NOVA_TASK_ID" ]; do sleep 0.02; done
     echo working; echo '{"type":"result","result":{"traceparent":"'$TRACEPARENT'"}}'
     case "$NOVA_TASK_TITLE" in Fail) exit 65;; Again) test "$NOVA_TASK_ATTEMPT" -gt 1;; esac`,
  ];
  agents.set(
    skill,
    await startAgent(platform, {
      ...{ skills: [skill], command, overHttp },
      env: {
        GATES: platform.home,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
        OTEL_EXPORTER_OTLP_HEADERS: 'x-key=secret-of-host',
      },
    }),
  );
}

beforeAll(async () => {
  collector = await startOtlpReceiver();
  platform = await startPlatform({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, NOVA_LOG_LEVEL: 'debug' },
  });
  client = new NovaClient({ baseUrl: platform.gatewayUrl, key: platform.adminKey });
  await Promise.all([startTracedAgent('trace'), startTracedAgent('http', true)]);
});

afterAll(async () => {
  await Promise.all([...agents.values()].map((agent) => agent.stop()));
  await platform?.stop();
  await collector?.stop();
});

/** Ends a task when somebody waits for it, so that there is a last hop; what it became. */
async function endAwaited(taskId: string) {
  await eventually(async () => expect(await client.getTask(taskId)).toMatchObject({ status: 'running' }));
  const waiting = client.waitForTask(taskId);
  await eventually(async () => {
    const metrics = await (await fetch(`${platform.gatewayUrl}/metrics`)).text();
    expect(metrics).toMatch(/^nova_torch_gateway_open_waits\{[^}]*\} [1-9]/m);
  });
  // Answered after the question of the one that waits, which heard that the task runs.
  await client.getTask(taskId);
  writeFileSync(join(platform.home, taskId), '');
  return waiting;
}

let traces = 0;
/** A trace id of its own for each test. */
const newTraceId = (): string => (++traces).toString(16).padStart(2, '0').repeat(16);

/** Submits a task as a caller does whose own span is sampled, or not. */
async function submit(
  traceId: string,
  task: { title: string; required_skills: string[]; [field: string]: unknown },
  flags: '00' | '01' = '01',
): Promise<string> {
  const response = await fetch(`${platform.gatewayUrl}/v1/tasks`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${platform.adminKey}`,
      'content-type': 'application/json',
      traceparent: `00-${traceId}-${CALLER}-${flags}`,
    },
    body: JSON.stringify({ retry_backoff: { initial_s: 0.05 }, ...task }),
  });
  expect(response.status).toBe(202);
  return ((await response.json()) as { task_id: string }).task_id;
}

const spansOf = (traceId: string): ReceivedSpan[] =>
  inOrder(collector.spans.filter((span) => span.traceId === traceId));

/** The spans of a trace once `count` of them have this name. */
const spansOnce = (traceId: string, name: string, count = 1): Promise<ReceivedSpan[]> =>
  eventually(() => {
    const spans = spansOf(traceId);
    expect(spans.filter((span) => span.name === name)).toHaveLength(count);
    return spans;
  });

/** The spans of a trace once these are among them, so many of each, and they are one tree: each process sends its own later. */
const wholeTrace = (traceId: string, counts: Record<string, number>): Promise<ReceivedSpan[]> =>
  eventually(() => {
    const spans = spansOf(traceId);
    for (const [name, count] of Object.entries(counts))
      expect(spans.filter((span) => span.name === name)).toHaveLength(count);
    expectOneTree(spans, CALLER);
    return spans;
  });

/** The whole trace with the commands of all attempts and the answer to whoever waited. */
const eventuallyEnded = (traceId: string, attempts: number): Promise<ReceivedSpan[]> =>
  wholeTrace(traceId, { 'run sh': attempts, 'process tasks.active': 1 });

describe('the trace of a task', () => {
  it('is one tree over every hop, from the request to the command and back to whoever waits', async () => {
    const traceId = newTraceId();
    const taskId = await submit(traceId, {
      ...{ title: 'Follow me', required_skills: ['trace'] },
      success_criteria: { command: { run: 'true', timeout: 10 } },
    });
    const task = await endAwaited(taskId);
    expect(task).toMatchObject({ status: 'completed', trace_id: traceId });

    const spans = await eventuallyEnded(traceId, 1);
    const withoutStart = spans.filter(
      (span) => attributesOf(span)['nova_torch.message.type'] !== 'report.started.v1',
    );
    expect(hopsOf(withoutStart)).toEqual([
      'gateway: POST /v1/tasks',
      'gateway: send tasks.queue',
      'task-router: process tasks.queue',
      `task-router: ${SEND_TASK}`,
      `agent: ${RUN_TASK}`,
      'agent: run sh',
      'agent: check criteria',
      'agent: send tasks.reports',
      'task-router: process tasks.reports',
      'gateway: process tasks.active',
    ]);
    expect(pathOf(spanNamed(spans, 'process tasks.active'), spans)).toEqual([
      'process tasks.active',
      'process tasks.reports',
      'send tasks.reports',
      RUN_TASK,
      SEND_TASK,
      'process tasks.queue',
      'send tasks.queue',
      'POST /v1/tasks',
    ]);
    // What the command saw is its own span, not that of the run around it.
    const { traceparent } = task.result as { traceparent: string };
    const command = spanNamed(spans, 'run sh');
    expect(traceparent).toBe(`00-${traceId}-${command.spanId}-01`);
    expect(pathOf(command, spans).slice(1, 3)).toEqual([RUN_TASK, SEND_TASK]);
    expect(attributesOf(command)).toMatchObject({ 'process.exit.code': 0 });
  });

  it('names kinds, streams and messages as the semantic conventions do, and few destinations', async () => {
    const traceId = newTraceId();
    const taskId = await submit(traceId, { title: 'Name me', required_skills: ['trace'] });
    await endAwaited(taskId);
    const spans = await eventuallyEnded(traceId, 1);
    const [request, sent, taken, given, run] = [
      'POST /v1/tasks',
      'send tasks.queue',
      'process tasks.queue',
      SEND_TASK,
      RUN_TASK,
    ].map((name) => spanNamed(spans, name));
    expect([request, sent, taken, given, run].map((span) => span?.kind)).toEqual([2, 4, 5, 4, 5]);
    expect(attributesOf(request as ReceivedSpan)).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/v1/tasks',
      'http.response.status_code': 202,
      'url.path': '/v1/tasks',
    });
    const message = attributesOf(sent as ReceivedSpan)['messaging.message.id'];
    expect(attributesOf(sent as ReceivedSpan)).toMatchObject({
      'messaging.system': 'redis',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'tasks.queue',
      'nova_torch.task_id': taskId,
    });
    expect(attributesOf(taken as ReceivedSpan)).toMatchObject({
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'tasks.queue',
      'messaging.consumer.group.name': 'task-router',
      'messaging.message.id': message,
      'nova_torch.message.type': 'task.submitted.v1',
    });
    expect(attributesOf(run as ReceivedSpan)).toMatchObject({
      'messaging.destination.template': 'agents.direct.{agent_id}',
      'messaging.consumer.group.name': 'inbox',
      'nova_torch.agent_id': agents.get('trace')?.agentId,
      'nova_torch.task.attempt': 1,
    });
    const destinations = new Set(
      collector.spans.map((span) => attributesOf(span)['messaging.destination.name']),
    );
    expect([...destinations].filter((name) => String(name).includes('agent-'))).toEqual([]);
    for (const resource of collector.resources) {
      expect(resource).toMatchObject({ 'service.namespace': 'nova-torch', 'service.version': '0.1.0' });
      expect(resource['service.instance.id']).toMatch(/./);
    }
    // And the log of the request carries it.
    expect(platform.logs('gateway').some(({ trace_id }) => trace_id === traceId)).toBe(true);
  });

  it('is the same over HTTP, with the requests of the agent between', async () => {
    const traceId = newTraceId();
    const taskId = await submit(traceId, { title: 'Follow me', required_skills: ['http'] });
    await endAwaited(taskId);
    const spans = await eventuallyEnded(traceId, 1);
    expect(pathOf(spanNamed(spans, 'process tasks.active'), spans).slice(1, 5)).toEqual([
      'process tasks.reports',
      expect.stringMatching(/^(send tasks\.reports|POST .*\/complete)$/),
      expect.stringMatching(/^(send tasks\.reports|POST .*\/complete)$/),
      expect.any(String),
    ]);
  });

  it('links a second attempt to the first', async () => {
    const traceId = newTraceId();
    const taskId = await submit(traceId, { title: 'Again', required_skills: ['trace'] });
    expect(await endAwaited(taskId)).toMatchObject({ status: 'completed', attempt: 2 });
    const spans = await eventuallyEnded(traceId, 2);
    const [first, second] = [1, 2].map((attempt) =>
      spanNamed(spans, SEND_TASK, { 'nova_torch.task.attempt': attempt }),
    );
    expect(first?.links ?? []).toEqual([]);
    expect(second?.links).toMatchObject([{ traceId, spanId: first?.spanId }]);
    const failedRun = spanNamed(spans, RUN_TASK, { 'nova_torch.task.attempt': 1 });
    expect(failedRun.status).toMatchObject({
      code: 2,
      message: expect.stringContaining('exited with code 1'),
    });
  });

  it('and that of a replay are linked to each other', async () => {
    const traceId = newTraceId();
    const taskId = await submit(traceId, { title: 'Fail', required_skills: ['trace'] });
    expect(await endAwaited(taskId)).toMatchObject({ status: 'failed' });
    const { results } = await client.replayDeadLetters({ filter: { stream: 'tasks.queue' } });
    expect(results).toMatchObject([{ outcome: 'replayed' }]);
    const replays = await eventually(
      () => {
        const found = collector.spans.filter(({ links = [] }) =>
          links.some((link) => link.traceId === traceId),
        );
        const replay = found.filter((span) => span.name === 'send tasks.queue' && span.traceId !== traceId);
        expect(replay).toHaveLength(1);
        return replay;
      },
      { timeoutMs: 20_000 },
    );
    const [replay] = replays;
    expect(replay?.service).toBe('task-router');
    const request = await spansOnce(replay?.traceId ?? '', 'POST /v1/dead-letters/replay');
    expect(request.length).toBeGreaterThan(1);
    // And the other way round: what took the message from the stream again knows who put it there.
    await eventually(
      () => {
        const links = spansOf(traceId).flatMap((span) => span.links ?? []);
        expect(links).toContainEqual(expect.objectContaining({ spanId: replay?.spanId }));
      },
      { timeoutMs: 20_000 },
    );
  });
});

describe('the logs of every process about a task', () => {
  it('carry its trace, its id and that of its agent', async () => {
    const traceId = newTraceId();
    const agentId = agents.get('trace')?.agentId ?? '';
    const taskId = await submit(traceId, { title: 'Log me', required_skills: ['trace'] });
    const { epoch } = await endAwaited(taskId);
    // A report of an assignment that is over: the gateway takes it, the router refuses it.
    const report = await fetch(`${platform.gatewayUrl}/v1/agents/${agentId}/tasks/${taskId}/progress`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${platform.adminKey}`,
        'content-type': 'application/json',
        traceparent: `00-${traceId}-${CALLER}-01`,
      },
      body: JSON.stringify({ epoch: epoch - 1, lease: 'l'.repeat(16), percent: 1 }),
    });
    expect(report.status, await report.text()).toBeLessThan(300);
    const ids = { trace_id: traceId, task_id: taskId, agent_id: agentId };
    const logOf = { agent: () => agents.get('trace')?.log.map((line) => JSON.parse(line)) ?? [] };
    await eventually(() => {
      expect(logOf.agent()).toContainEqual(expect.objectContaining({ ...ids, msg: expect.any(String) }));
      expect(platform.logs('gateway')).toContainEqual(
        expect.objectContaining({ ...ids, service: 'gateway', msg: 'request answered' }),
      );
      expect(platform.logs('task-router')).toContainEqual(
        expect.objectContaining({ ...ids, service: 'task-router', msg: 'a report was refused' }),
      );
    });
    const named = (['registry', 'task-router', 'spawner', 'collaboration', 'gateway'] as const).map((name) =>
      platform.logs(name).every(({ service, instance }) => service === name && typeof instance === 'string'),
    );
    expect(named).toEqual([true, true, true, true, true]);
  });
});

describe('a task whose trace is not sampled', () => {
  it('leaves nothing when it goes well', async () => {
    const [quiet, loud] = [newTraceId(), newTraceId()];
    const taskId = await submit(quiet, { title: 'Be quiet', required_skills: ['trace'] }, '00');
    const task = await endAwaited(taskId);
    expect(task).toMatchObject({ status: 'completed', trace_id: quiet });
    expect((task.result as { traceparent: string }).traceparent).toMatch(/-00$/);
    // A later one that is sampled has arrived from everybody: so would have the former.
    await endAwaited(await submit(loud, { title: 'Be loud', required_skills: ['trace'] }));
    await eventuallyEnded(loud, 1);
    expect(spansOf(quiet)).toEqual([]);
  });

  it('leaves its whole trace when it fails', async () => {
    const traceId = newTraceId();
    const taskId = await submit(traceId, { title: 'Fail', required_skills: ['trace'] }, '00');
    expect(await endAwaited(taskId)).toMatchObject({ status: 'failed', trace_id: traceId });
    const spans = await wholeTrace(traceId, { 'run sh': 1, task: 1 });
    const root = spanNamed(spans, 'task', { 'nova_torch.retroactive': true, 'nova_torch.task_id': taskId });
    expect(root.status).toMatchObject({ code: 2, message: expect.stringContaining('exited with code 65') });
    expect(spans.filter(({ service }) => service === 'task-router').map(({ name }) => name)).toEqual(
      expect.arrayContaining(['task', 'task ready', 'task assigned']),
    );
    expect(spanNamed(spans, RUN_TASK).status).toMatchObject({ code: 2 });
  });

  it('is traced from its first failure on, and the next attempt is linked to that', async () => {
    const traceId = newTraceId();
    const taskId = await submit(traceId, { title: 'Again', required_skills: ['trace'] }, '00');
    expect(await endAwaited(taskId)).toMatchObject({ status: 'completed', attempt: 2 });
    const spans = await wholeTrace(traceId, { 'run sh': 2, 'process tasks.active': 1, task: 1 });
    const [link] = spanNamed(spans, SEND_TASK).links ?? [];
    const failed = spans.find(({ spanId }) => spanId === link?.spanId);
    expect(failed).toMatchObject({ service: 'task-router', status: { code: 2 } });
    expect(attributesOf(spanNamed(spans, RUN_TASK, { 'nova_torch.task.attempt': 2 }))).toBeDefined();
  });
});
