// Work that others judge, from the command line to the evidence, with two `agent run` as processes of their own; and what
// becomes of a task that failed for good.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { TaskView } from '@nova-torch/protocol';
import { bareEnvironment, type Platform, startPlatform } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerHttpAgent } from './http-agent.ts';
import { type CliRun, run } from './in-process.ts';

const MAIN = resolve(import.meta.dirname, '../src/main.ts');
const WORK = 'eval "$NOVA_TASK_DESCRIPTION"';
/** Rejects what is claimed by a first attempt. */
const REVIEW = `case "$NOVA_TASK_INPUTS" in
*'"attempt":1'*) echo '{"type":"result","result":{"approved":false,"comments":"there are no tests"}}' ;;
*) echo '{"type":"result","result":{"approved":true,"comments":"now there are"}}' ;;
esac`;

let platform: Platform;
let base: string;
const hosts: ChildProcess[] = [];

const access = () => ({ NOVA_HOME: platform.home, NOVA_API_URL: platform.gatewayUrl });
const nova = (...argv: string[]): Promise<CliRun> => run(argv, access());

/** Starts an agent whose command is this shell line, in a directory of its own. */
async function startHost(role: string, line: string): Promise<void> {
  const cwd = join(base, role);
  mkdirSync(cwd);
  const argv = ['agent', 'run', '--role', role, '--', '/bin/sh', '-c', line];
  const host = spawn(process.execPath, ['--conditions=source', MAIN, ...argv], {
    cwd,
    env: { ...bareEnvironment(), ...access() },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  hosts.push(host);
  await new Promise<void>((registered, failed) => {
    host.once('exit', (code) => failed(new Error(`the host ended with ${code}`)));
    if (host.stdout)
      createInterface({ input: host.stdout }).on('line', (text) => {
        if (text.includes('"registered"')) registered();
      });
  });
}

async function submit(work: string, ...options: string[]): Promise<string> {
  const spec = join(base, 'task.json');
  writeFileSync(spec, JSON.stringify({ retry_backoff: { initial_s: 0 } }));
  const given = ['--title', 'build it', '--description', work, '--file', spec, ...options, '--json'];
  const submitted = await nova('submit', ...given);
  expect(submitted.err).toBe('');
  return (submitted.json() as { task_id: string }).task_id;
}

const endOf = async (taskId: string): Promise<TaskView> =>
  (await nova('task', 'wait', taskId, '--timeout', '60', '--json')).json() as TaskView;

beforeAll(async () => {
  platform = await startPlatform();
  base = mkdtempSync(join(tmpdir(), 'nova-cli-review-'));
  await startHost('developer', WORK);
  await startHost('qa', REVIEW);
}, 90_000);

afterAll(async () => {
  const ended = hosts
    .filter(({ exitCode }) => exitCode === null)
    .map((host) => {
      const end = new Promise((done) => host.once('exit', done));
      host.kill('SIGTERM');
      return end;
    });
  await Promise.all(ended);
  await platform?.stop();
  rmSync(base, { recursive: true, force: true });
});

describe('a task whose work another agent judges', { timeout: 120_000 }, () => {
  it('comes back with the comments, and shows who approved in the end', async () => {
    const work = `echo "{\\"type\\":\\"result\\",\\"result\\":{\\"told\\":\\"$NOVA_TASK_LAST_ERROR\\"}}"`;
    const asked = ['--role', 'developer', '--review-by', 'qa', '--review-for', 'Are there tests?'];
    const task = await endOf(await submit(work, ...asked, '--retries', '1'));
    expect(task).toMatchObject({
      ...{ status: 'completed', attempt: 2 },
      result: { told: expect.stringContaining('there are no tests') },
      evidence: { review: { approved: true, comments: 'now there are' } },
    });
    const { agent_id: reviewer, task_id: reviewId } = task.evidence?.review ?? {};
    expect(reviewer).not.toBe(task.agent_id);
    const lines = (await nova('task', 'get', task.task_id)).out;
    expect(lines).toContain(`  review     approved by ${reviewer} (${reviewId})`);
    expect(lines).toContain('             | now there are');
    expect((await nova('task', 'get', String(reviewId))).out).toContain('Review: build it');
    expect((await nova('submit', '--title', 'x', '--review-for', 'y')).err).toContain('--review-by');
  });

  it('has its files checked by another agent when its own has no host', async () => {
    writeFileSync(join(base, 'qa', 'contract.pdf'), 'signed');
    const { id, call } = await registerHttpAgent(platform, 'pm');
    const expected = ['--expect-file', 'contract.pdf', '--verified-by', 'qa'];
    const taskId = await submit('', '--role', 'pm', '--retries', '0', ...expected);
    const pulled = await call('/inbox/pull', { max: 1, wait_s: 30 });
    const { messages } = (await pulled.json()) as {
      messages: { entry_id: string; message: { payload: { epoch: number; lease: string } } }[];
    };
    const [assigned] = messages;
    if (assigned === undefined) throw new Error('nothing was assigned');
    const { epoch, lease } = assigned.message.payload;
    const claim = { epoch, lease, result: 'signed', entry_ids: [assigned.entry_id] };
    expect((await call(`/tasks/${taskId}/complete`, claim)).status).toBe(202);
    const task = await endOf(taskId);
    expect(task).toMatchObject({
      ...{ status: 'completed', result: 'signed', agent_id: id },
      evidence: { criteria: [{ criterion: 'files/0', met: true, found: 'contract.pdf has 6 bytes' }] },
    });
    expect(task.evidence?.check?.agent_id).not.toBe(id);
    expect((await nova('task', 'get', taskId)).out).toContain(`  check      by agent-`);
  });
});

describe('a task that failed for good', { timeout: 120_000 }, () => {
  it('is found among the dead letters, and tried again from there', async () => {
    const taskId = await submit('test -e mended', '--role', 'developer', '--retries', '1');
    expect(await endOf(taskId)).toMatchObject({ status: 'failed', attempt: 2 });
    const listed = await nova('dlq', 'list', '--reason', 'attempts_exhausted', '--error', taskId, '--json');
    const [letter] = (listed.json() as { dead_letters: { dead_letter_id: string; attempts: number }[] })
      .dead_letters;
    if (letter === undefined) throw new Error('there is no letter');
    expect(letter.attempts).toBe(2);
    const shown = (await nova('dlq', 'show', letter.dead_letter_id)).out;
    expect(shown).toContain(`  task       ${taskId}: a replay tries it again from a clean start`);
    expect(shown).toContain('COMMAND_FAILED');
    writeFileSync(join(base, 'developer', 'mended'), '');
    expect((await nova('dlq', 'replay', letter.dead_letter_id)).out).toContain('1 replayed');
    expect(await endOf(taskId)).toMatchObject({ status: 'completed', attempt: 1 });
  });
});
