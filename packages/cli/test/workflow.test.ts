// Workflows through the command and over HTTP, on the real platform; the example of the documentation among them.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, streamsTransport } from '@nova-torch/agent-sdk';
import { findLocal, type NovaApiError, NovaClient, type WorkflowInput } from '@nova-torch/client';
import { eventually, type Platform, startPlatform } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliRun, run } from './in-process.ts';

let platform: Platform;
let agent: Agent;
let client: NovaClient;
const told: Record<string, unknown>[] = [];
const directory = mkdtempSync(join(tmpdir(), 'nova-cli-workflow-'));
const page = readFileSync(join(import.meta.dirname, '../../../docs/WORKFLOWS.md'), 'utf8');

const nova = (...argv: string[]): Promise<CliRun> =>
  run(argv, { NOVA_HOME: platform.home, NOVA_API_URL: platform.gatewayUrl });

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

beforeAll(async () => {
  platform = await startPlatform();
  const { adminKey = '' } = await findLocal({ home: platform.home, env: {} });
  client = new NovaClient({ baseUrl: platform.gatewayUrl, key: adminKey });
  agent = new Agent({
    role: 'developer',
    capacity: 4,
    connect: streamsTransport({ brokerUrl: platform.brokerUrl }),
  }).onTask(async ({ inputs }, context) => {
    told.push({ ...context.dependencyResults });
    if (inputs.fail) throw new Error('it does not build');
    return { done: true };
  });
  await agent.start();
});

afterAll(async () => {
  await agent?.stop();
  await platform?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const codeOf = (workflow: unknown, idempotencyKey?: string) =>
  client
    .submitWorkflow(workflow as WorkflowInput, idempotencyKey === undefined ? {} : { idempotencyKey })
    .then(
      () => 'accepted',
      (error: NovaApiError) =>
        `${error.code} ${error.errors.map(({ field, detail }) => `${field}: ${detail}`).join()}`,
    );

describe('the workflow of the documentation', () => {
  it('runs, and is shown as a tree', async () => {
    const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    const submitted = await nova('workflow', 'submit', file('release.yaml', example), '--json');
    const { workflow_id: id, tasks } = submitted.json() as {
      workflow_id: string;
      tasks: Record<string, string>;
    };
    expect(Object.keys(tasks)).toEqual(['build', 'test', 'notes', 'publish', 'report']);
    const waited = await nova('workflow', 'wait', id, '--timeout', '60');
    expect(waited.code, waited.err).toBe(0);
    const { out } = await nova('workflow', 'get', id);
    expect(out.split('\n')[0]).toBe(`${id}  Release 1.2  (5 completed)`);
    expect(out).toMatch(/^ {2}✔ build: Build it {2}completed in /m);
    expect(out).toMatch(/^ {6}✔ publish: Publish it .*, also after notes/m);
    expect(out).toMatch(/^ {8}✔ report: /m);
  });

  it('does what its edges say when a task fails', async () => {
    const tasks = [
      { key: 'build', title: 'b', role: 'developer', max_retries: 0, inputs: { fail: true } },
      { key: 'publish', title: 'p', role: 'developer', depends_on: [{ key: 'build', on_failure: 'skip' }] },
      { key: 'report', title: 'r', role: 'developer', depends_on: [{ key: 'publish', on_failure: 'run' }] },
    ];
    const waited = await nova('workflow', 'submit', file('fails.json', JSON.stringify({ tasks })), '--wait');
    expect(waited.code).toBe(1);
    expect(waited.err).toContain('2 tasks did not complete: build (failed), publish (cancelled)');
    expect(waited.out).toContain('DEPENDENCY_SKIPPED: skipped: the task it depends on');
    expect(JSON.stringify(told.at(-1))).toContain(
      '"failed":{"status":"cancelled","error":{"code":"DEPENDENCY_SKIPPED"',
    );
  });
});

describe('a workflow over HTTP', () => {
  const tasks = [
    { key: 'a', title: 'a', role: 'nobody' },
    { key: 'b', title: 'b', role: 'nobody', depends_on: ['a'] },
  ];

  it('is the same one under the same key, also at once; another body is refused', async () => {
    const key = 'one workflow';
    const options = { idempotencyKey: key.replace(' ', '-') };
    const [one, two] = await Promise.all([
      client.submitWorkflow({ tasks }, options),
      client.submitWorkflow({ tasks }, options),
    ]);
    expect(two).toEqual(one);
    expect(await client.submitWorkflow({ tasks }, options)).toEqual(one);
    await eventually(async () => {
      expect((await client.getWorkflow(one.workflow_id)).counts).toEqual({ ready: 1, blocked: 1 });
    });
    expect(await codeOf({ tasks: tasks.slice(0, 1) }, options.idempotencyKey)).toContain(
      'IDEMPOTENCY_CONFLICT',
    );
    const cancelled = await nova('workflow', 'cancel', one.workflow_id, '--reason', 'enough');
    expect(cancelled.out).toBe('2 tasks cancelled, 0 had ended before\n');
    expect(await codeOf({ workflow_id: one.workflow_id, tasks })).toContain('WORKFLOW_EXISTS');
  });

  it.each([
    [
      [{ ...tasks[0], depends_on: ['b'] }, tasks[1]],
      'VALIDATION tasks/0/depends_on/0: tasks/0/depends_on/0: a cycle: a -> b -> a.',
    ],
    [[tasks[0], { ...tasks[1], depends_on: ['aa'] }], 'did you mean a?'],
    [[tasks[0], tasks[0]], 'tasks/1/key'],
    [[{ ...tasks[0], depends_on: ['a'] }], 'a depends on itself'],
    [
      [tasks[0], { ...tasks[1], depends_on: [{ key: 'a', on_failure: 'stop' }] }],
      'VALIDATION tasks/1/depends_on/0',
    ],
    [
      [tasks[0], { ...tasks[1], dependencies: ['task-0-00000000000000000000000000000000'] }],
      'DEPENDENCY_UNKNOWN tasks/1/dependencies/0',
    ],
    [
      [
        {
          ...tasks[0],
          dependencies: Array.from({ length: 1_000 }, () => 'task-0-00000000000000000000000000000000'),
        },
      ],
      'VALIDATION tasks/0/dependencies',
    ],
    [[], 'VALIDATION tasks'],
    [Array.from({ length: 1_001 }, (_, n) => ({ key: `k${n}`, title: 't' })), 'VALIDATION tasks'],
    [
      [{ ...tasks[0], description: 'x'.repeat(90_000), inputs: { text: 'y'.repeat(200_000) } }],
      'PAYLOAD_TOO_LARGE tasks/0/inputs/text',
    ],
    [
      Array.from({ length: 20 }, (_, n) => ({
        key: `k${n}`,
        title: 't',
        inputs: { text: 'y'.repeat(60_000) },
      })),
      'PAYLOAD_TOO_LARGE',
    ],
  ])('that is not valid is refused whole, with its field (%#)', async (wrong, expected) => {
    expect(await codeOf({ tasks: wrong })).toContain(expected);
  });

  it('of a thousand tasks is accepted and shown whole', { timeout: 60_000 }, async () => {
    const many = Array.from({ length: 1_000 }, (_, n) => ({
      key: `k${n}`,
      title: `task ${n}`,
      role: 'nobody',
      description: 'd'.repeat(500),
      depends_on: n === 0 ? [] : [`k${n - 1}`],
    }));
    const { workflow_id, tasks: ids } = await client.submitWorkflow({ title: 'many', tasks: many });
    expect(Object.keys(ids)).toHaveLength(1_000);
    // It is written whole when it is accepted; its first task is let go after that.
    const shown = await eventually(async () => {
      const workflow = await client.getWorkflow(workflow_id);
      expect(workflow).toMatchObject({ title: 'many', counts: { ready: 1, blocked: 999 } });
      return workflow;
    });
    expect(shown.tasks.map(({ key }) => key)).toEqual(many.map(({ key }) => key));
    expect(await client.cancelWorkflow(workflow_id)).toMatchObject({ cancelled: 1_000 });
  });

  it('that does not exist, and a file that is none, are said to be so', async () => {
    expect((await nova('workflow', 'get', 'wf-none')).err).toContain('there is no workflow wf-none');
    expect((await nova('workflow', 'submit', join(directory, 'none.yaml'))).code).toBe(2);
    expect((await nova('workflow', 'submit', file('list.yaml', '- a'))).err).toContain('it is not a map');
  });
});
