// The evidence that goes out with a claim: of a command host, and of an agent that works in its own process.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHECK_TASK_TYPE, type TaskId, type TaskSpecInput } from '@nova-torch/protocol';
import { eventually, startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Agent, streamsTransport, type TaskHandler } from '../../src/index.ts';
import { CommandHost } from '../command-host.ts';
import { Platform } from '../platform.ts';

let broker: TestBroker;
let platform: Platform;
let workspace: string;
let agent: Agent | undefined;
let host: CommandHost | undefined;

beforeAll(async () => {
  broker = await startTestBroker();
});
afterAll(() => broker.stop());
beforeEach(async () => {
  await broker.flush();
  workspace = mkdtempSync(join(tmpdir(), 'nova-torch-claims-'));
  platform = await Platform.open({ brokerUrl: broker.url });
});
afterEach(async () => {
  await agent?.stop();
  await host?.end();
  agent = undefined;
  host = undefined;
  await platform.close();
  rmSync(workspace, { recursive: true, force: true });
});

const endOf = (taskId: TaskId) =>
  eventually(
    async () => {
      const reports = await platform.reports();
      const found = reports.find(
        ({ type, payload }) => payload.task_id === taskId && /completed|failed/.test(type),
      );
      if (!found) throw new Error('no end was reported');
      return found;
    },
    { timeoutMs: 30_000 },
  );

async function endUnder(
  success_criteria: TaskSpecInput['success_criteria'],
  more: Partial<TaskSpecInput> = {},
) {
  const agentId = host ? await host.registered() : (agent?.agentId ?? expect.unreachable());
  const { task_id } = await platform.assign(agentId, { spec: { success_criteria, ...more } });
  return endOf(task_id);
}

async function startAgent(handler: TaskHandler, options: { workspace?: string } = {}): Promise<void> {
  const connect = streamsTransport({ brokerUrl: broker.url });
  agent = new Agent({ role: 'developer', connect, ...options }).onTask(handler);
  await agent.start();
}

describe('a command host', { timeout: 90_000 }, () => {
  it('looks in the directory of its command, once the command has ended', async () => {
    const command = ['/bin/sh', '-c', `trap '' TERM; (sleep 0.3; echo '# Report' > report.md) &`];
    host = new CommandHost({
      brokerUrl: broker.url,
      command,
      options: { cwd: workspace },
      environment: { NOVA_ADMIN_KEY: 'a-secret-key', LEAK: 'has a-secret-key in it' },
    });
    const end = await endUnder({
      exit_code: 0,
      files: [{ path: 'report.md', matches: '^# Report$' }, { path: 'missing' }],
      command: { run: 'env | grep -c -e a-secret-key -e NOVA_AGENT_TOKEN -e NOVA_TASK_ID' },
    });
    expect(end).toMatchObject({
      type: 'report.completed.v1',
      payload: {
        exit_code: 0,
        evidence: [
          { criterion: 'files/0', met: true },
          { criterion: 'files/1', met: false, found: 'missing does not exist' },
          // grep found nothing: no secret, and nothing of the task's, is in the environment of a check.
          { criterion: 'command', met: false, output: '0' },
        ],
      },
    });
  });

  it('checks nothing for a command that failed, nor for a task that does not ask', async () => {
    const command = ['/bin/sh', '-c', 'test "$NOVA_TASK_TITLE" = good'];
    host = new CommandHost({ brokerUrl: broker.url, command, options: { cwd: workspace } });
    const failed = await endUnder({ command: { run: 'touch checked' } }, { title: 'bad' });
    expect(failed.type).toBe('report.failed.v1');
    const plain = await endUnder({ exit_code: 0 }, { title: 'good' });
    expect(plain.type).toBe('report.completed.v1');
    expect(plain.payload).not.toHaveProperty('evidence');
    const asked = await endUnder({ files: [{ path: 'checked' }] }, { title: 'good' });
    expect(asked.payload).toMatchObject({ evidence: [{ met: false, found: 'checked does not exist' }] });
  });

  it('does not let a check run longer than its task', async () => {
    host = new CommandHost({
      brokerUrl: broker.url,
      command: ['true'],
      options: { cwd: workspace, graceMs: 100 },
    });
    const end = await endUnder({ command: { run: 'sleep 300' } }, { timeout: 1 });
    expect(end).toMatchObject({ type: 'report.failed.v1', payload: { code: 'TIMEOUT' } });
  });
});

describe('an agent in a process of its own', { timeout: 60_000 }, () => {
  it('looks in its workspace after the handler', async () => {
    await startAgent(() => writeFileSync(join(workspace, 'done'), 'yes'), { workspace });
    const criteria = { files: [{ path: 'done', contains: 'yes' }], command: { run: 'grep -q yes done' } };
    expect(await endUnder(criteria)).toMatchObject({
      type: 'report.completed.v1',
      payload: {
        evidence: [
          { criterion: 'files/0', met: true },
          { criterion: 'command', met: true },
        ],
      },
    });
  });

  it('looks into its workspace for another agent, without asking its handler', async () => {
    let asked = 0;
    const handler = (): void => {
      asked += 1;
    };
    await startAgent(handler, { workspace });
    writeFileSync(join(workspace, 'there'), '');
    const agentId = agent?.agentId ?? expect.unreachable();
    const inputs = { criteria: { files: [{ path: 'there' }], command: { run: 'test -e missing' } } };
    const spec = { task_type: CHECK_TASK_TYPE, inputs };
    const { task_id } = await platform.assign(agentId, { spec });
    const evidence = [
      { criterion: 'files/0', met: true },
      { criterion: 'command', met: false },
    ];
    expect(await endOf(task_id)).toMatchObject({ payload: { result: { evidence } } });
    expect(asked).toBe(0);
  });

  it('claims nothing about a workspace it does not have', async () => {
    await startAgent(() => 'done');
    const { type, payload } = await endUnder({ files: [{ path: 'done' }] });
    expect(type).toBe('report.completed.v1');
    expect(payload).not.toHaveProperty('evidence');
  });
});
