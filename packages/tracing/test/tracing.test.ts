import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { attributesOf, eventually, type ReceivedSpan, startOtlpReceiver } from '@nova-torch/testing';
import { afterEach, expect, test } from 'vitest';
import { tracesUrl } from '../src/span-exporter.ts';
import {
  currentTraceparent,
  currentWork,
  newPlace,
  newTraceparent,
  parseTraceparent,
} from '../src/trace-context.ts';
import { startTracing, type Tracing, withMessageSpan, withSpan } from '../src/tracing.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function exporting(ratio = 1, redact?: (text: string) => string) {
  const collector = await startOtlpReceiver();
  const lines: string[] = [];
  const logger = {
    info: (text: string) => void lines.push(text),
    warn: (_: object, text: string) => void lines.push(text),
  };
  const tracing = await startTracing({
    service: 'router',
    instance: 'router-1',
    endpoint: collector.endpoint,
    ...{ ratio, logger, redact },
  });
  cleanups.push(collector.stop, tracing.stop);
  return { collector, tracing, lines };
}

const received = (traceparent?: string) => ({
  stream: '{nova.torch}.tasks.queue',
  message: {
    id: '0193f2ab-0000-7000-8000-000000000000',
    type: 'task.submitted.v1',
    sender: 'gateway-1',
    correlation_id: 'c-1',
    payload: { task_id: 'task-0-1', agent_id: 7 },
    traceparent,
  },
});

test('the span of a consumed message reaches the collector as a child of the message and parent of what follows', async () => {
  const { collector, tracing } = await exporting();
  const incoming = newTraceparent();
  const outgoing = await withMessageSpan(tracing, received(incoming), async (span) => {
    expect(currentTraceparent()).toBe(span.traceparent);
    expect(currentWork()).toEqual({
      traceparent: span.traceparent,
      correlation_id: 'c-1',
      task_id: 'task-0-1',
    });
    await withSpan(tracing, 'choose agent', { attributes: { candidates: 3, skipped: undefined } }, (inner) =>
      inner.set({ chosen: true }),
    );
    return span.traceparent;
  });
  await tracing.stop();

  const [inner, outer] = collector.spans;
  const [parent, child] = [parseTraceparent(incoming), parseTraceparent(outgoing)];
  expect(outer).toMatchObject({
    name: 'process tasks.queue',
    kind: 5,
    traceId: parent?.traceId,
    parentSpanId: parent?.spanId,
  });
  expect(outer?.spanId).toBe(child?.spanId);
  expect(inner).toMatchObject({
    name: 'choose agent',
    kind: 1,
    traceId: parent?.traceId,
    parentSpanId: child?.spanId,
  });
  expect(inner?.attributes.map(({ key }) => key)).toEqual(['candidates', 'chosen']);
  expect([...collector.services]).toEqual(['router']);
});

test('an error marks the span and goes on to the caller', async () => {
  const { collector, tracing } = await exporting();
  const failing = withSpan(tracing, 'settle', {}, () => Promise.reject(new Error('no such task')));
  await expect(failing).rejects.toThrow('no such task');
  await tracing.stop();
  expect(collector.spans[0]?.status).toMatchObject({ code: 2, message: 'no such task' });
});

test('a span of a batch is ended by hand, once', async () => {
  const { collector, tracing } = await exporting();
  const span = tracing.startMessageSpan(received(newTraceparent()));
  span.end('refused');
  span.end();
  await tracing.stop();
  expect(collector.spans).toHaveLength(1);
  expect(collector.spans[0]?.status).toMatchObject({ code: 2, message: 'refused' });
});

test('a parent that is not sampled is followed: nothing is sent, the traceparent passes unchanged', async () => {
  const { collector, tracing } = await exporting();
  const unsampled = newTraceparent(0);
  const passed = await withMessageSpan(tracing, received(unsampled), (span) => span.traceparent);
  await tracing.stop();
  expect(passed).toBe(unsampled);
  expect(collector.spans).toEqual([]);
});

test('at ratio 0 a new trace is not sampled, and what is below it neither', async () => {
  const { collector, tracing } = await exporting(0);
  const made = await withSpan(tracing, 'submit', { kind: 'server' }, (span) => span.traceparent);
  await tracing.stop();
  expect(parseTraceparent(made)?.sampled).toBe(false);
  expect(collector.spans).toEqual([]);
});

test('a collector that fails is told once, and its return too', async () => {
  const { collector, tracing, lines } = await exporting();
  const logged = (text: string): boolean => lines.some((line) => line.includes(text));
  collector.receiver.status = 400;
  await withSpan(tracing, 'one', {}, () => undefined);
  await eventually(() => expect(logged('spans could not be sent')).toBe(true), { timeoutMs: 10_000 });
  collector.receiver.status = 200;
  await withSpan(tracing, 'two', {}, () => undefined);
  await eventually(() => expect(logged('spans can be sent again')).toBe(true), { timeoutMs: 10_000 });
});

test('a collector that is gone does not hold up the end', async () => {
  const { collector, tracing } = await exporting();
  await collector.stop();
  await withSpan(tracing, 'last', {}, () => undefined);
  const startedAt = performance.now();
  await Promise.all([tracing.stop(), tracing.stop()]);
  expect(performance.now() - startedAt).toBeLessThan(4_000);
});

test('a collector that hangs does not keep a process alive that has ended', async () => {
  const collector = await startOtlpReceiver();
  cleanups.push(collector.stop);
  collector.receiver.hangs = true;
  const script = `
    import { startTracing } from '@nova-torch/tracing';
    const endpoint = '${collector.endpoint}';
    const tracing = await startTracing({ service: 's', instance: 'i', endpoint, ratio: 1 });
    tracing.startSpan('last').end();
    await tracing.stop();
    console.log('stopped');`;
  const child = spawn(process.execPath, ['--conditions=source', '--input-type=module', '-e', script], {
    ...{ cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] },
  });
  await once(child.stdout, 'data');
  const stoppedAt = performance.now();
  expect(await once(child, 'exit')).toEqual([0, null]);
  // What sends spans would give up after ten seconds by itself, two of which have passed.
  expect(performance.now() - stoppedAt).toBeLessThan(2_000);
});

test('without an endpoint a task still gets a valid trace, which passes on unchanged', async () => {
  const tracing: Tracing = await startTracing({ service: 'gateway', instance: 'gateway-1', ratio: 0.5 });
  expect(tracing.exporting).toBe(false);
  const started = await withSpan(tracing, 'submit', {}, (span) => {
    span.set({ ignored: 1 });
    return withMessageSpan(tracing, received(span.traceparent), (below) => [
      span.traceparent,
      below.traceparent,
    ]);
  });
  expect(parseTraceparent(started[0])).toBeDefined();
  expect(started[1]).toBe(started[0]);
  expect(parseTraceparent(tracing.newTraceparent())).toBeDefined();
  await tracing.stop();
});

test('a message with a broken traceparent starts a trace of its own', async () => {
  const tracing = await startTracing({ service: 'gateway', instance: 'gateway-1', ratio: 1 });
  const made = await withMessageSpan(
    tracing,
    { stream: 'plain', message: { ...received('rubbish').message, payload: null } },
    (span) => span.traceparent,
  );
  expect(parseTraceparent(made)?.sampled).toBe(true);
});

test('the address of traces follows from the endpoint', () => {
  expect(tracesUrl('http://c:4318/')).toBe('http://c:4318/v1/traces');
  expect(tracesUrl('http://c/otlp/v1/traces')).toBe('http://c/otlp/v1/traces');
});

test('a span that fails is recorded although its trace is not sampled, with the start it had', async () => {
  const { collector, tracing } = await exporting(0);
  const startedMs = Date.now();
  const failing = withSpan(
    tracing,
    'GET /v1/tasks',
    { kind: 'server', attributes: { a: 1 } },
    async (span) => {
      span.set({ b: 2 });
      await withMessageSpan(tracing, received(span.traceparent), () => Promise.reject(new Error('lost')));
    },
  );
  await expect(failing).rejects.toThrow('lost');
  await tracing.stop();
  const [inner, outer] = collector.spans;
  expect(outer).toMatchObject({ name: 'GET /v1/tasks', kind: 2, status: { code: 2, message: 'lost' } });
  expect(attributesOf(outer as ReceivedSpan)).toEqual({ a: 1, b: 2 });
  expect(inner).toMatchObject({ name: 'process tasks.queue', kind: 5, parentSpanId: outer?.spanId });
  expect(Number(outer?.startTimeUnixNano) / 1e6).toBeGreaterThanOrEqual(startedMs - 1);
});

test('a span of the past has the place and the times it is given', async () => {
  const { collector, tracing } = await exporting(0);
  const root = newTraceparent();
  const attempt = newPlace(root);
  const times = { startMs: 1_000, endMs: 2_500 };
  tracing.recordPast([
    { name: 'task', traceparent: root, ...times, error: 'no luck' },
    { name: 'task running', traceparent: attempt, parent: root, ...times, links: [root, 'rubbish'] },
  ]);
  await tracing.stop();
  const place = parseTraceparent(root);
  expect(collector.spans).toMatchObject([
    { traceId: place?.traceId, spanId: place?.spanId, status: { code: 2 }, startTimeUnixNano: '1000000000' },
    {
      traceId: place?.traceId,
      spanId: parseTraceparent(attempt)?.spanId,
      parentSpanId: place?.spanId,
      endTimeUnixNano: '2500000000',
      links: [{ spanId: place?.spanId }],
    },
  ]);
  expect(collector.spans[0]?.parentSpanId ?? '').toBe('');
});

test('spans are counted by what became of them', async () => {
  const collector = await startOtlpReceiver();
  const counts: Record<string, number> = {};
  const tracing = await startTracing({
    ...{ service: 'router', instance: 'router-1', endpoint: collector.endpoint, ratio: 1 },
    headers: { 'x-key': 'of the collector' },
    count: (outcome, spans) => {
      counts[outcome] = (counts[outcome] ?? 0) + spans;
    },
  });
  cleanups.push(collector.stop, tracing.stop);
  tracing.startSpan('one').end();
  await eventually(() => expect(counts).toEqual({ sent: 1 }), { timeoutMs: 10_000 });
  expect(collector.receiver.headers['x-key']).toBe('of the collector');
  collector.receiver.status = 403;
  tracing.startSpan('two').end();
  await eventually(() => expect(counts).toEqual({ sent: 1, refused: 1 }), { timeoutMs: 10_000 });
  // More than may wait, in one turn: what is beyond is dropped, and said.
  collector.receiver.status = 200;
  for (let i = 0; i < 2_148; i += 1) tracing.startSpan('many').end();
  expect(counts.dropped).toBe(100);
  await tracing.stop();
  expect(counts.sent).toBe(2_049);
});

test('what a failure quotes is redacted: message, stack, and the reasons in spans of the past', async () => {
  const { collector, tracing } = await exporting(1, (text) => text.replaceAll('hunter2', '[gone]'));
  tracing.startSpan('now').end(new Error('hunter2 is wrong'));
  tracing.recordPast([
    {
      name: 'then',
      startMs: 1,
      endMs: 2,
      error: 'said hunter2',
      attributes: { reason: 'said hunter2', n: 1 },
    },
  ]);
  await tracing.stop();
  expect(collector.spans.map(({ name, status }) => [name, status?.message])).toEqual([
    ['now', '[gone] is wrong'],
    ['then', 'said [gone]'],
  ]);
  expect(JSON.stringify(collector.spans)).not.toContain('hunter2');
});

test('where nothing is exported a message is not even looked at', async () => {
  const message = Object.defineProperty({ ...received().message }, 'payload', {
    get: () => expect.unreachable('the payload was read'),
  });
  const tracing = await startTracing({ service: 'router', instance: 'router-1', ratio: 1 });
  const span = tracing.startMessageSpan({ ...received(), message });
  expect(parseTraceparent(span.traceparent)?.sampled).toBe(true);
});
