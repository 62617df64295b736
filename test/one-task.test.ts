// One task through all hops, followed by its trace id: HTTP request → stream → router → agent → router → answer.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NovaClient } from '@nova-torch/client';
import { eventually, type Platform, startPlatform } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningAgent, startAgent } from './support/agents.ts';

interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  service: string;
}

interface OtlpRequest {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] };
    scopeSpans: { spans: Omit<Span, 'service'>[] }[];
  }[];
}

const spans: Span[] = [];
let receiver: Server;
let platform: Platform;
let agent: RunningAgent;

function collect(body: string): void {
  for (const { resource, scopeSpans } of (JSON.parse(body) as OtlpRequest).resourceSpans) {
    const service =
      resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? 'unknown';
    for (const scope of scopeSpans) for (const span of scope.spans) spans.push({ ...span, service });
  }
}

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      collect(body);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  platform = await startPlatform({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_TRACES_SAMPLER_ARG: '1',
      NOVA_LOG_LEVEL: 'debug',
    },
  });
  const command = ['sh', '-c', `echo '{"type":"result","result":{"traceparent":"'$TRACEPARENT'"}}'`];
  agent = await startAgent(platform, { skills: ['trace'], command });
});

afterAll(async () => {
  await agent?.stop();
  await platform?.stop();
  await new Promise((resolve) => receiver.close(resolve));
});

describe('one task', () => {
  it('is one trace from the HTTP request to the command of the agent', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const response = await fetch(`${platform.gatewayUrl}/v1/tasks`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${platform.adminKey}`,
        'content-type': 'application/json',
        traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
      },
      body: JSON.stringify({ title: 'Follow me', required_skills: ['trace'] }),
    });
    expect(response.status).toBe(202);
    const { task_id } = (await response.json()) as { task_id: string };
    const client = new NovaClient({ baseUrl: platform.gatewayUrl, key: platform.adminKey });
    const task = await client.waitForTask(task_id);
    expect(task).toMatchObject({ status: 'completed', trace_id: traceId });
    // The command was told the trace it belongs to.
    expect((task.result as { traceparent: string }).traceparent).toContain(traceId);

    const hops = [
      'gateway: POST /v1/tasks',
      'task-router: assign task',
      'task-router: settle task',
      'task-router: submit task',
    ];
    const ofTask = await eventually(
      () => {
        const found = spans.filter((span) => span.traceId === traceId);
        expect(found.map(({ service, name }) => `${service}: ${name}`).sort()).toEqual(hops);
        return found;
      },
      { timeoutMs: 20_000 },
    );
    // Every span but the first hangs below another one of the same trace, or below the caller's.
    const ids = new Set(['00f067aa0ba902b7', ...ofTask.map(({ spanId }) => spanId)]);
    expect(ofTask.filter(({ parentSpanId }) => parentSpanId === undefined || !ids.has(parentSpanId))).toEqual(
      [],
    );
    // And the log of the request carries it.
    expect(platform.logs('gateway').some(({ trace_id }) => trace_id === traceId)).toBe(true);
  });
});
