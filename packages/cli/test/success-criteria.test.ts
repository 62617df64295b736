// Success criteria from the command line to the evidence, with `agent run` as a process of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { TaskView } from '@nova-torch/protocol';
import { bareEnvironment, type Platform, startPlatform } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerHttpAgent } from './http-agent.ts';
import { type CliRun, run } from './in-process.ts';

const MAIN = resolve(import.meta.dirname, '../src/main.ts');
let platform: Platform;
let host: ChildProcess;
let base: string;
let workspace: string;

const access = () => ({ NOVA_HOME: platform.home, NOVA_API_URL: platform.gatewayUrl });
const nova = (...argv: string[]): Promise<CliRun> => run(argv, access());

/** Submits a task whose description is the shell line the agent runs, and waits for its end. */
async function submit(work: string, ...options: string[]): Promise<TaskView> {
  const given = ['--title', 'prove it', '--role', 'qa', '--description', work, '--retries', '0', ...options];
  const submitted = await nova('submit', ...given, '--json');
  expect(submitted.err).toBe('');
  const { task_id } = submitted.json() as { task_id: string };
  return (await nova('task', 'wait', task_id, '--timeout', '60', '--json')).json() as TaskView;
}

beforeAll(async () => {
  platform = await startPlatform();
  base = mkdtempSync(join(tmpdir(), 'nova-cli-criteria-'));
  workspace = join(base, 'workspace');
  mkdirSync(workspace);
  writeFileSync(join(base, 'outside'), 'not yours');
  const command = ['/bin/sh', '-c', 'eval "$NOVA_TASK_DESCRIPTION"'];
  host = spawn(
    process.execPath,
    ['--conditions=source', MAIN, 'agent', 'run', '--role', 'qa', '--', ...command],
    {
      cwd: workspace,
      env: { ...bareEnvironment(), ...access() },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  await new Promise<void>((registered, failed) => {
    host.once('exit', (code) => failed(new Error(`the host ended with ${code}`)));
    if (host.stdout)
      createInterface({ input: host.stdout }).on('line', (line) => {
        if (line.includes('"registered"')) registered();
      });
  });
}, 90_000);

afterAll(async () => {
  if (host?.exitCode === null) {
    const ended = new Promise((resolved) => host.once('exit', resolved));
    host.kill('SIGTERM');
    await ended;
  }
  await platform?.stop();
  rmSync(base, { recursive: true, force: true });
});

describe('a task with success criteria', { timeout: 120_000 }, () => {
  it('is completed when all hold, and shows by what', async () => {
    const schema = join(base, 'schema.json');
    writeFileSync(schema, JSON.stringify({ type: 'object', required: ['tests'] }));
    const work = `echo "# Report" > report.md; echo '{"type":"result","result":{"tests":3}}'`;
    const criteria = ['--expect-exit', '0', '--expect-file', 'report.md', '--expect-result', schema];
    const task = await submit(work, ...criteria, '--expect-command', 'grep -q Report report.md');
    expect(task).toMatchObject({ status: 'completed', result: { tests: 3 } });
    expect(task.evidence).toMatchObject({
      attempt: 1,
      agent_id: task.agent_id,
      criteria: [
        { criterion: 'exit_code', met: true },
        { criterion: 'result_schema', met: true },
        { criterion: 'files/0', met: true, found: 'report.md has 9 bytes' },
        { criterion: 'command', met: true },
      ],
    });
    const shown = (await nova('task', 'get', task.task_id)).out;
    expect(shown).toContain('evidence   met     exit_code: it was 0');
    expect(shown).toContain('met     files/0: report.md has 9 bytes');
  });

  it('fails when the agent only says so, naming each criterion that is not met', async () => {
    symlinkSync('../outside', join(workspace, 'link'));
    const expected = ['--expect-file', 'nothing.md', '--expect-file', 'link'];
    const task = await submit('true', ...expected, '--expect-command', 'echo 2 tests failed; exit 1');
    expect(task).toMatchObject({ status: 'failed', error: { code: 'CRITERIA_NOT_MET' } });
    expect(task.result).toBeUndefined();
    expect(task.error?.message).toContain('files/0: nothing.md does not exist');
    expect(task.error?.message).toContain('files/1: link leads out of the workspace');
    expect(task.error?.message).toContain('ended with exit code 1');
    const shown = (await nova('task', 'get', task.task_id)).out;
    expect(shown).toContain('NOT MET files/0: nothing.md does not exist');
    expect(shown).toContain('| 2 tests failed');
  });

  it('gets another attempt, and the evidence is that of the last', async () => {
    const work = 'if [ "$NOVA_TASK_ATTEMPT" = 2 ]; then touch second; fi';
    const spec = join(base, 'task.json');
    writeFileSync(spec, JSON.stringify({ retry_backoff: { initial_s: 0 } }));
    const task = await submit(work, '--file', spec, '--expect-file', 'second', '--retries', '1');
    expect(task).toMatchObject({ status: 'completed', attempt: 2, evidence: { attempt: 2 } });
    expect(existsSync(join(workspace, 'second'))).toBe(true);
  });

  it('is refused when a criterion cannot be checked, with the field', async () => {
    const schema = join(base, 'remote.json');
    writeFileSync(schema, JSON.stringify({ properties: { a: { $ref: 'https://example.org/a' } } }));
    const title = ['--title', 'x'];
    const remote = await nova('submit', ...title, '--expect-result', schema);
    expect(remote.code).not.toBe(0);
    expect(remote.err).toContain('success_criteria/result_schema/properties/a/$ref');
    const out = await nova('submit', ...title, '--expect-file', '../outside');
    expect(out.err).toContain('success_criteria/files/0/path');
    expect((await nova('submit', ...title, '--expect-exit', '300')).err).toContain('an exit code, 0 to 255');
    expect((await nova('submit', ...title, '--expect-result', '/no/such')).err).toContain(
      'cannot read a result schema',
    );
  });

  it('cannot be completed over HTTP by an agent that sends no evidence, and can by one that does', async () => {
    const { call } = await registerHttpAgent(platform, 'pm');
    const claim = async (evidence: object): Promise<TaskView> => {
      const given = ['--title', 'sign it', '--role', 'pm', '--retries', '0', '--expect-file', 'contract.pdf'];
      const { task_id } = (await nova('submit', ...given, '--json')).json() as { task_id: string };
      const pulled = await call('/inbox/pull', { max: 1, wait_s: 30 });
      const { messages } = (await pulled.json()) as {
        messages: { entry_id: string; message: { payload: { epoch: number; lease: string } } }[];
      };
      const [assigned] = messages;
      if (assigned === undefined) throw new Error('nothing was assigned');
      const { epoch, lease } = assigned.message.payload;
      const body = { epoch, lease, result: 'signed', entry_ids: [assigned.entry_id], ...evidence };
      expect((await call(`/tasks/${task_id}/complete`, body)).status).toBe(202);
      return (await nova('task', 'wait', task_id, '--timeout', '60', '--json')).json() as TaskView;
    };
    expect(await claim({})).toMatchObject({
      status: 'failed',
      error: {
        message: expect.stringContaining('contract.pdf was not checked: this agent has no workspace'),
      },
    });
    const evidence = [{ criterion: 'files/0', met: true, found: 'contract.pdf has 3 bytes' }];
    expect(await claim({ evidence })).toMatchObject({
      status: 'completed',
      evidence: { criteria: evidence },
    });
  });
});
