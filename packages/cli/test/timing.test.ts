// Times of tasks, and schedules, through the command on the real platform.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, streamsTransport } from '@nova-torch/agent-sdk';
import { eventually, type Platform, startPlatform } from '@nova-torch/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CliRun, run } from './in-process.ts';

let platform: Platform;
let agent: Agent;
const directory = mkdtempSync(join(tmpdir(), 'nova-cli-timing-'));

const nova = (...argv: string[]): Promise<CliRun> =>
  run(argv, { NOVA_HOME: platform.home, NOVA_API_URL: platform.gatewayUrl });

beforeAll(async () => {
  platform = await startPlatform();
  agent = new Agent({
    role: 'developer',
    skills: ['add'],
    connect: streamsTransport({ brokerUrl: platform.brokerUrl }),
  }).onTask(async ({ inputs }) => ({ sum: Number(inputs.a) + Number(inputs.b) }));
  await agent.start();
});

afterAll(async () => {
  await agent?.stop();
  await platform?.stop();
  rmSync(directory, { recursive: true, force: true });
});

it('tells a task with times of its own, and refuses what contradicts itself', async () => {
  const runAt = '2999-01-01T00:00:00.000Z';
  const late = await nova('submit', '--title', 'x', '--run-at', runAt);
  expect(late).toMatchObject({ code: 2, err: expect.stringContaining('ttl') });
  const past = await nova('submit', '--title', 'x', '--deadline', '2020-01-01T00:00:00Z');
  expect(past).toMatchObject({ code: 2, err: expect.stringContaining('deadline') });
  const soon = new Date(Date.now() + 3_600_000).toISOString();
  const times = ['--run-at', soon, '--start-timeout', '5', '--progress-timeout', '60'];
  const accepted = await nova('--json', 'submit', '--title', 'later', ...times);
  const { task_id } = accepted.json() as { task_id: string };
  expect((await nova('task', 'get', task_id)).out).toContain(`its time to run: ${soon}`);
  expect((await nova('--json', 'task', 'get', task_id)).json()).toMatchObject({
    status: 'scheduled',
    spec: { start_timeout: 5, progress_timeout: 60 },
  });
  await nova('task', 'cancel', task_id);
  expect((await nova('task', 'history', task_id)).out).toContain('scheduled → cancelled');
  expect((await nova('--json', 'task', 'retry', task_id)).json()).toMatchObject({ attempt: 0 });
});

it('makes schedules, shows them and ends them', async () => {
  const bad = await nova('schedule', 'create', '--title', 'x', '--cron', '61 * * * *');
  expect(bad).toMatchObject({ code: 2, err: expect.stringContaining('minute') });
  expect((await nova('schedule', 'create', '--every', '5m')).err).toContain('needs a title');
  const cron = ['--cron', '0 3 * * *', '--timezone', 'Europe/Berlin', '--name', 'nightly'];
  const made = await nova('--json', 'schedule', 'create', '--title', 'report', ...cron);
  expect(made.code, made.err).toBe(0);
  const { schedule_id: id } = made.json() as { schedule_id: string };
  expect((await nova('schedule', 'list')).out).toContain('0 3 * * * (Europe/Berlin)');
  expect((await nova('schedule', 'pause', id)).out).toContain(`${id}  paused`);
  expect((await nova('schedule', 'resume', id)).out).toContain(`${id}  active`);
  expect((await nova('schedule', 'delete', id)).code).toBe(0);
  expect(await nova('schedule', 'get', id)).toMatchObject({ code: 1, err: expect.stringContaining(id) });
  const every = ['--every', '1s', '--max-runs', '1', '--overlap', 'queue'];
  const file = join(directory, 'tick.json');
  writeFileSync(file, JSON.stringify({ title: 'tick', required_skills: ['add'], inputs: { a: 20, b: 3 } }));
  const tick = await nova('--json', 'schedule', 'create', '--file', file, ...every);
  const { schedule_id: ticking } = tick.json() as { schedule_id: string };
  await eventually(async () => expect((await nova('schedule', 'get', ticking)).out).toContain('ended'));
  const ended = (await nova('--json', 'schedule', 'get', ticking)).json() as { last_task_id: string };
  expect((await nova('task', 'wait', ended.last_task_id)).out).toContain('{"sum":23}');
});
