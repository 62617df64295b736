// Each command against the real platform, with good input, bad input and nobody there.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, streamsTransport } from '@nova-torch/agent-sdk';
import { openJournal } from '@nova-torch/journal';
import { newTaskId, TaskSpec } from '@nova-torch/protocol';
import { openBroker } from '@nova-torch/streams';
import { eventually, freePort, type Platform, startPlatform } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliRun, run } from './in-process.ts';

let platform: Platform;
let agent: Agent;
const received: unknown[] = [];
const empty = mkdtempSync(join(tmpdir(), 'nova-cli-'));

const nova = (...argv: string[]): Promise<CliRun> =>
  run(argv, { NOVA_HOME: platform.home, NOVA_API_URL: platform.gatewayUrl });

beforeAll(async () => {
  platform = await startPlatform();
  agent = new Agent({
    role: 'developer',
    skills: ['add'],
    labels: { zone: 'a' },
    teams: ['blue'],
    connect: streamsTransport({ brokerUrl: platform.brokerUrl }),
  })
    .onTask(async ({ inputs }) => {
      if (inputs.fail) throw new Error('cannot add that');
      return { sum: Number(inputs.a) + Number(inputs.b) };
    })
    .onMessage(async (message) => void received.push(message.body));
  await agent.start();
});

afterAll(async () => {
  await agent?.stop();
  await platform?.stop();
  rmSync(empty, { recursive: true, force: true });
});

describe('journal', () => {
  it('gives the tasks of a gateway that is gone to the one that runs', async () => {
    const dir = join(empty, 'gone');
    const journal = await openJournal({ dir });
    const [open, ended] = [newTaskId(0, Date.now()), newTaskId(0, Date.now())];
    const submission = { submitter: 'admin', submitted_at_ms: Date.now() };
    const spec = TaskSpec.parse({ title: 'was open', required_skills: ['add'], inputs: { a: 1, b: 2 } });
    await journal.begin({ ...submission, task_id: open, spec });
    await journal.begin({ ...submission, task_id: ended, spec });
    const end = { status: 'completed', ended_at_ms: Date.now(), epoch: 1, attempt: 1, result: { sum: 7 } };
    await journal.end({ task_id: ended, ...end });
    await journal.close();
    const adopted = await nova('journal', 'adopt', dir, '--json');
    expect(adopted.json(), adopted.err).toEqual({ tasks: 2, adopted: 2, moved_to: `${dir}.adopted` });
    expect((await nova('task', 'wait', open, '--json')).json()).toMatchObject({ result: { sum: 3 } });
    await eventually(async () => (await nova('task', 'get', ended)).out.includes('{"sum":7}'));
    expect((await nova('journal', 'adopt', dir)).err).toContain('there is no journal in');
  });
});

describe('submit and task', () => {
  it('submits, waits, shows, lists', async () => {
    const done = await nova(
      'submit',
      '--title',
      'add',
      '--skill',
      'add',
      '--input',
      'a=1',
      '--input',
      'b=2',
      '--label',
      'x=1',
      '--wait',
    );
    expect(done.code, done.err).toBe(0);
    expect(done.out).toContain('completed');
    expect(done.out).toContain('{"sum":3}');
    const id = /task-0-[0-9a-f]{32}/.exec(done.out)?.[0] ?? '';
    expect((await nova('--json', 'task', 'get', id)).json()).toMatchObject({
      task_id: id,
      status: 'completed',
    });
    const explained = await nova('task', 'explain', id);
    expect(explained.out).toMatch(/Attempt 1 went to agent-0-[0-9a-f]{32} at /);
    expect(explained.out).toMatch(/agent +score +skill +performance +availability +context/);
    expect((await nova('--json', 'task', 'explain', id)).json()).toMatchObject({
      decisions: [{ attempt: 1, strategy: 'score' }],
    });
    const list = await nova('task', 'list', '--label', 'x=1', '--status', 'completed', '-n', '5');
    expect(list.out).toContain(id);
    expect((await nova('task', 'list', '--label', 'nobody')).out).toBe('No task.\n');
  });

  it('analyses a task without submitting it', async () => {
    const argv = [
      'task',
      'analyze',
      '--title',
      'Implement it in Go',
      '--skill',
      'typescrpt',
      '--skill',
      'add',
    ];
    const { code, out, err } = await nova(...argv);
    expect(code, err).toBe(0);
    expect(out).toContain('skills          go ("Go" in the title)');
    expect(out).toContain('role            developer ("Implement" in the title; go is typical of it)');
    expect(out).toContain('no agent has the skill "typescrpt"');
    expect(out).toContain('did you mean typescript?');
    expect(out.match(/^warning/gm)).toHaveLength(1);
    const file = join(empty, 'analyze.json');
    writeFileSync(file, JSON.stringify({ title: 'Translate every file', task_type: 'never run' }));
    expect((await nova('task', 'analyze', '--file', file, '--json')).json()).toMatchObject({
      skills: [{ name: 'translation', matched: [{ word: 'Translate', where: 'title' }] }],
      parallelisable: { value: true },
      duration: { source: 'complexity' },
      truncated: false,
    });
    expect((await nova('task', 'list', '--json')).out).not.toContain('Implement it in Go');
    expect(await nova('task', 'analyze')).toMatchObject({ code: 2, err: expect.stringContaining('title') });
    expect((await nova('task', 'analyze', '--title', 'x', '--skill', 'No!')).err).toContain(
      'required_skills',
    );
  });

  it('takes a task from a file, and gives the same task for the same key', async () => {
    const file = join(empty, 'task.json');
    writeFileSync(file, JSON.stringify({ title: 'from a file', required_skills: ['add'], inputs: { a: 2 } }));
    const argv = ['--json', 'submit', '--file', file, '--input', 'b=3', '--idempotency-key', 'k1'];
    const first = await nova(...argv);
    expect(first.json()).toMatchObject({ status: expect.any(String), durability: 'journal' });
    expect((await nova(...argv)).json()).toMatchObject({
      task_id: (first.json() as { task_id: string }).task_id,
    });
    const conflict = await nova('submit', '--title', 'another', '--idempotency-key', 'k1');
    expect(conflict).toMatchObject({ code: 1, err: expect.stringContaining('another body') });
  });

  it('says with its exit code how a task ended, and that one has not', async () => {
    const failed = await nova(
      'submit',
      '--title',
      'x',
      '--skill',
      'add',
      '--input',
      'fail=1',
      '--retries',
      '0',
      '--wait',
    );
    expect(failed.code).toBe(1);
    expect(failed.out).toContain('cannot add that');
    const waiting = await nova('--json', 'submit', '--title', 'nobody can', '--skill', 'unheard-of');
    const { task_id } = waiting.json() as { task_id: string };
    const waited = await nova('task', 'wait', task_id, '--timeout', '1');
    expect(waited).toMatchObject({ code: 4, err: expect.stringContaining('has not ended after 1 s') });
    await eventually(async () => (await nova('task', 'explain', task_id)).out.includes('No agent has'));
    const explained = await nova('task', 'explain', task_id);
    expect(explained.out).toContain('No agent has the skill unheard-of.');
    expect(explained.out).toContain('without a required skill: unheard-of');
    const cancelled = await nova('task', 'cancel', task_id, '--reason', 'nobody can');
    expect(cancelled).toMatchObject({ code: 0, out: expect.stringContaining('cancelled') });
    expect(await nova('task', 'cancel', task_id)).toMatchObject({
      code: 1,
      err: expect.stringContaining('cancelled'),
    });
  });

  it('names what is not valid and submits nothing', async () => {
    expect(await nova('submit')).toMatchObject({ code: 2, err: expect.stringContaining('needs a title') });
    expect(await nova('submit', '--title', 'x', '--role', 'Not A Role')).toMatchObject({
      code: 2,
      err: expect.stringContaining('role'),
    });
    expect(await nova('submit', '--title', 'x', '--input', 'novalue')).toMatchObject({
      code: 2,
      err: expect.stringContaining('name=value'),
    });
    expect(await nova('submit', '--title', 'x', '--timeout', 'soon')).toMatchObject({ code: 2 });
    expect(await nova('submit', '--file', '/nowhere.json')).toMatchObject({
      code: 2,
      err: expect.stringContaining('ENOENT'),
    });
    expect(await nova('task', 'list', '-n', '0')).toMatchObject({ code: 2 });
    expect(await nova('task', 'get', 'task-0-00000000000070008000000000000000')).toMatchObject({
      code: 1,
      err: expect.stringContaining('no task'),
    });
    expect((await nova('tsak', 'list')).err).toContain('Did you mean task?');
  });
});

describe('dead letters', () => {
  type Listed = { dead_letters: { dead_letter_id: string; replays: number }[] };
  const list = async (...argv: string[]): Promise<Listed['dead_letters']> =>
    ((await nova('--json', 'dead-letters', 'list', ...argv)).json() as Listed).dead_letters;

  it('are listed, shown, put back once, exported and thrown away', async () => {
    const broker = await openBroker({ url: platform.brokerUrl, name: 'test' });
    await broker.call('XADD', '{nova.torch}.tasks.queue', '*', 'm', '{broken');
    await broker.close();
    // Tasks that failed above are dead letters too.
    await nova('dlq', 'discard', '--reason', 'attempts_exhausted');
    await eventually(async () => (await list()).length === 1);
    const [{ dead_letter_id: id = '' } = {}] = await list('--reason', 'invalid', '--stream', 'tasks.queue');
    expect(await list('--until', '2020-01-01')).toEqual([]);
    expect((await nova('dead-letters', 'list')).out).toContain(id);
    const shown = await nova('dead-letters', 'show', id);
    expect(shown.out).toContain('task-router-1');
    expect(shown.out).toContain('{broken');

    expect((await nova('dead-letters', 'replay', id)).out).toMatch(/ {2}replayed as \d+-\d+\n1 replayed\n$/);
    expect((await nova('dead-letters', 'replay', id)).out).toContain('1 repeated');
    // It does not parse any better now, and says that it was put back before.
    await eventually(async () => (await list())[0]?.replays === 1);

    const exported = await nova('dead-letters', 'export', '--type', 'task.submitted.v1');
    expect(exported.out).toBe('');
    const lines = (await nova('dead-letters', 'export')).out.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { reason: 'invalid', original: '{broken', history: [{}, { outcome: 'replayed' }, {}] },
    ]);
    const file = join(empty, 'letters.ndjson');
    expect((await nova('dead-letters', 'export', '--output', file)).code).toBe(0);
    expect(readFileSync(file, 'utf8').trim()).toBe(lines[0]);
    expect((await nova('dead-letters', 'export', '--output', file)).code).toBe(1);

    expect((await nova('dead-letters', 'discard')).code).toBe(2);
    expect((await nova('dead-letters', 'discard', id)).code).toBe(1);
    expect((await nova('dead-letters', 'discard', '--reason', 'invalid')).out).toBe('1 discarded\n');
    expect((await nova('dead-letters', 'list')).out).toBe('No dead letter.\n');
    expect((await nova('dead-letters', 'replay', '--all')).out).toBe('No dead letter fits.\n');
    expect((await nova('dead-letters', 'show', id)).err).toContain('no dead letter');
    expect((await nova('dead-letters', 'list', '--since', 'soon')).code).toBe(2);
  });
});

describe('agents and messages', () => {
  it('lists agents with filters', async () => {
    expect((await nova('agent', 'list', '--role', 'developer', '--skills', 'add')).out).toContain(
      agent.agentId,
    );
    expect((await nova('agent', 'list', '--role', 'nobody')).out).toBe('No agent.\n');
    expect((await nova('agent', 'list', '--status', 'asleep')).code).toBe(2);
  });

  it('sends messages as text and as JSON', { timeout: 60_000 }, async () => {
    expect((await nova('message', 'send', 'role:developer', 'hello', 'there')).out).toContain('queued for 1');
    expect((await nova('--json', 'message', 'send', String(agent.agentId), '{"n":1}')).json()).toMatchObject({
      body: { n: 1 },
    });
    expect((await nova('message', 'send', 'broadcast', '{broken')).code).toBe(0);
    await eventually(() =>
      expect(received).toEqual([{ text: 'hello there' }, { n: 1 }, { text: '{broken' }]),
    );
    expect(await nova('message', 'send', 'role:nobody', 'x')).toMatchObject({ code: 1 });
  });

  it('sends to a skill, a label or a team, and says what an address is', { timeout: 60_000 }, async () => {
    for (const to of ['skill:add', 'label:zone=a', 'team:blue']) {
      expect((await nova('send', to, 'x')).out, to).toContain('queued for 1');
    }
    const nobody = await nova('send', 'team:red', 'x');
    expect(nobody).toMatchObject({ code: 1, err: expect.stringContaining('address team:red') });
    const wrong = await nova('send', 'label:zone', 'x');
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('label:<name>=<value>') });
  });

  it('sends messages for later and with an end', { timeout: 60_000 }, async () => {
    const soon = await nova(
      'send',
      'role:developer',
      '--in',
      '2s',
      '--expires',
      '1m',
      '-p',
      'urgent',
      'in time',
    );
    expect(soon.out).toContain('will be delivered at');
    const over = await nova('--json', 'send', 'role:developer', '--expires', '0.0001', 'too late');
    expect(over.json()).toMatchObject({ counts: { expired: 1 } });
    const at = '2026-12-24T18:00:00Z';
    expect(await nova('send', 'broadcast', '--at', at, '--in', '5m', 'x')).toMatchObject({ code: 2 });
    expect(await nova('send', 'broadcast', '--at', 'noon', 'x')).toMatchObject({ code: 2 });
    expect(await nova('send', 'broadcast', '--in', 'soon', 'x')).toMatchObject({ code: 2 });
    await eventually(() => received.some((body) => (body as { text?: string }).text === 'in time'), {
      timeoutMs: 20_000,
    });
    expect(received).not.toContainEqual({ text: 'too late' });
  });

  it('refuses an agent that cannot be', async () => {
    expect(await nova('agent', 'run', '--role', 'Bad Role', '--', 'true')).toMatchObject({
      code: 2,
      err: expect.stringContaining('role'),
    });
    expect(await nova('agent', 'run', '--role', 'x', '--capacity', 'many', '--', 'true')).toMatchObject({
      code: 2,
    });
    expect(await nova('agent', 'run', '--', 'true')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--role'),
    });
  });
});

describe('status and doctor', () => {
  it('show services and agents', async () => {
    const status = await nova('status');
    expect(status.out).toContain('Health: ok');
    expect(status.out).toContain('task-router');
    expect(status.out).toContain(agent.agentId);
    expect(status.out).toMatch(/gateway-\S+ +limit submission queue +\d+ of 500000/);
    expect(status.out).toMatch(/registry-\S+ +connections +.*main 1/);
  });

  it('the doctor finds all well, with the broker too', async () => {
    const well = await run(['doctor'], {
      NOVA_HOME: platform.home,
      NOVA_API_URL: platform.gatewayUrl,
      NOVA_BROKER_URL: platform.brokerUrl,
    });
    expect(well.code, well.out).toBe(0);
    expect(well.out).toContain('things we rely on');
    expect(well.out).toContain('agents: 1 alive');
  });

  it('the doctor names what is wrong and what to type', async () => {
    const port = await freePort();
    const nothing = await run(['doctor'], { NOVA_HOME: join(empty, 'none'), PATH: '/nowhere' });
    expect(nothing.code).toBe(1);
    expect(nothing.out).toContain('npm start');
    expect(nothing.out).toContain('apt-get install redis-server');
    const noBroker = await run(['doctor', '--json'], {
      NOVA_HOME: empty,
      NOVA_BROKER_URL: `redis://127.0.0.1:${port}`,
    });
    expect(noBroker.json()).toMatchObject({
      findings: expect.arrayContaining([expect.objectContaining({ check: 'broker', state: 'problem' })]),
    });
    writeFileSync(join(empty, 'admin.key'), 'key', { mode: 0o644 });
    const wrongKey = await run(['doctor'], {
      NOVA_HOME: empty,
      NOVA_API_URL: platform.gatewayUrl,
      NOVA_API_KEY: 'wrong',
    });
    expect(wrongKey.out).toContain('chmod 600');
    expect(wrongKey.out).toContain('FAIL  key');
  });

  it('whoever has no gateway or no key is told so', async () => {
    expect(await run(['status'], { NOVA_HOME: empty })).toMatchObject({
      code: 69,
      err: expect.stringContaining('npm start'),
    });
    expect(await nova('--key', 'wrong', 'status')).toMatchObject({ code: 77 });
    const port = await freePort();
    expect(await nova('--api-url', `http://127.0.0.1:${port}`, 'status')).toMatchObject({ code: 69 });
  });

  it('help shows examples and exit codes', async () => {
    const help = await run(['--help']);
    expect(help.code).toBe(0);
    expect(help.out).toContain('Exit codes:');
    for (const command of ['up', 'submit', 'status', 'doctor'])
      expect((await run([command, '--help'])).out).toContain('Example');
  });
});
