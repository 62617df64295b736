import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newTaskId, type TaskId } from '@nova-torch/protocol';
import { eventually, startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { processStart } from '../src/command/process-tree.ts';
import { CommandAgent, streamsTransport } from '../src/index.ts';
import { CommandHost, type HostOptions, parentOf, processesWith } from './command-host.ts';
import { Platform } from './platform.ts';

const nasty = fileURLToPath(new URL('./fixtures/nasty.sh', import.meta.url));
let broker: TestBroker;
let platform: Platform;
let directory: string;
let agent: CommandAgent | undefined;
let host: CommandHost | undefined;

beforeAll(async () => {
  broker = await startTestBroker();
});
afterAll(() => broker.stop());
beforeEach(async () => {
  await broker.flush();
  directory = mkdtempSync(join(tmpdir(), 'nova-torch-command-'));
  platform = await Platform.open({ brokerUrl: broker.url });
});
afterEach(async () => {
  await agent?.kill();
  await host?.end();
  agent = undefined;
  host = undefined;
  await platform.close();
  rmSync(directory, { recursive: true, force: true });
});

const endOf = (taskId: TaskId) =>
  eventually(
    async () => {
      const all = await platform.reports();
      const found = all.find(
        ({ type, payload }) => payload.task_id === taskId && /completed|failed/.test(type),
      );
      if (!found) throw new Error('no end was reported');
      return found;
    },
    { timeoutMs: 15_000 },
  );

async function startAgent(script: string, environment: Record<string, string> = {}) {
  agent = new CommandAgent({
    role: 'developer',
    skills: [],
    command: ['/bin/sh', '-c', script],
    connect: streamsTransport({ brokerUrl: broker.url }),
    environment: { PATH: '/usr/bin:/bin', ...environment },
    graceMs: 300,
  });
  await agent.start();
  return platform.registrations[0]?.agent_id ?? expect.unreachable();
}

async function startHost(options: Partial<HostOptions> = {}) {
  host = new CommandHost({ brokerUrl: broker.url, command: ['/bin/sh', nasty], ...options });
  const agentId = await host.registered();
  return { host, agentId };
}

describe('a command agent', { timeout: 60_000 }, () => {
  it('completes a task with the command’s result and exit code', async () => {
    const agentId = await startAgent(
      `read -r task; printf '{"type":"result","result":{"task":%s,"title":"%s"}}\\n' "$task" "$NOVA_TASK_TITLE"`,
    );
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const dependency = newTaskId(0, Date.now());
    const { task_id, epoch } = await platform.assign(agentId, {
      attempt: 2,
      traceparent,
      dependencyResults: { [dependency]: { n: 1 } },
    });
    const { type, payload } = await endOf(task_id);
    expect(type).toBe('report.completed.v1');
    expect(payload).toMatchObject({
      exit_code: 0,
      result: {
        title: 'a task',
        task: {
          task_id,
          epoch,
          attempt: 2,
          agent_id: agentId,
          traceparent,
          dependency_results: { [dependency]: { n: 1 } },
        },
      },
    });
  });

  it.each([
    [1, true],
    [65, false],
    [75, true],
  ])('fails a task whose command exits with %i, retryable %s', async (code, retryable) => {
    const agentId = await startAgent(`echo 'out of luck' >&2; exit ${code}`);
    const { task_id } = await platform.assign(agentId);
    expect((await endOf(task_id)).payload).toMatchObject({
      code: 'COMMAND_FAILED',
      message: `the command exited with code ${code}: out of luck`,
      exit_code: code,
      retryable,
    });
  });

  it('completes a task that asks for the very code its command exits with', async () => {
    const agentId = await startAgent('exit 3');
    const { task_id } = await platform.assign(agentId, { spec: { success_criteria: { exit_code: 3 } } });
    expect(await endOf(task_id)).toMatchObject({ type: 'report.completed.v1', payload: { exit_code: 3 } });
  });

  it('says what killed its command, and that a command cannot be started', async () => {
    const agentId = await startAgent('kill -KILL $$');
    const { task_id } = await platform.assign(agentId);
    const message = 'the command was killed by SIGKILL';
    expect((await endOf(task_id)).payload).toMatchObject({
      code: 'COMMAND_KILLED',
      message,
      retryable: true,
    });
  });

  it('shows its command nothing of the platform but its own task', async () => {
    const file = join(directory, 'environment');
    const agentId = await startAgent(`env > ${file}`, {
      NOVA_BROKER_URL: broker.url,
      NOVA_ADMIN_KEY: 'the-admin-key',
      NOVA_HOME: '/home/nova',
      OTHER_BROKER: `prefix ${broker.url}/0`,
      OTHER_KEY: 'the-admin-key',
      HARMLESS: 'yes',
    });
    const { task_id } = await platform.assign(agentId, { spec: { inputs: { a: 1 }, role: 'developer' } });
    await endOf(task_id);
    const environment = readFileSync(file, 'utf8');
    expect(environment).not.toContain(broker.url);
    expect(environment).not.toContain('the-admin-key');
    const names = environment.split('\n').map((line) => line.split('=')[0]);
    expect(names.filter((name) => name?.startsWith('NOVA_')).sort()).toEqual([
      'NOVA_AGENT_ID',
      'NOVA_RUN_ID',
      'NOVA_TASK_ATTEMPT',
      'NOVA_TASK_CONTEXT',
      'NOVA_TASK_DEPENDENCY_RESULTS',
      'NOVA_TASK_DESCRIPTION',
      'NOVA_TASK_EPOCH',
      'NOVA_TASK_ID',
      'NOVA_TASK_INPUTS',
      'NOVA_TASK_PRIORITY',
      'NOVA_TASK_ROLE',
      'NOVA_TASK_TITLE',
      'NOVA_TASK_TYPE',
    ]);
    expect(names).toContain('HARMLESS');
  });

  it('starts a command whose task is too large for an environment', async () => {
    const agentId = await startAgent(
      `test -z "$NOVA_TASK_DESCRIPTION" && head -c 20 >/dev/null && echo '{"type":"result","result":"ok"}'`,
    );
    const { task_id } = await platform.assign(agentId, { spec: { description: 'ü'.repeat(90_000) } });
    expect((await endOf(task_id)).payload).toMatchObject({ result: 'ok' });
  });

  it('ends all of a command when its task is stopped, and reports nothing', async () => {
    const agentId = await startAgent(`echo '{"type":"progress","step":"up"}'; exec /bin/sh ${nasty}`);
    const { task_id, epoch } = await platform.assign(agentId);
    await eventually(async () => expect(await platform.reportedOf(task_id)).toContain('progress'));
    await platform.stopTask(agentId, task_id, epoch);
    const marker = `NOVA_TASK_ID=${task_id}`;
    expect(processesWith(marker).length).toBeGreaterThan(0);
    await eventually(() => expect(processesWith(marker)).toEqual([]), { timeoutMs: 10_000 });
    expect(await platform.reportedOf(task_id)).not.toContain('failed');
  });

  it('ends all of a command whose time is over', async () => {
    const agentId = await startAgent(`exec /bin/sh ${nasty}`);
    const { task_id } = await platform.assign(agentId, { spec: { timeout: 0.5 } });
    expect((await endOf(task_id)).payload).toMatchObject({ code: 'TIMEOUT', retryable: true });
    expect(processesWith(`NOVA_TASK_ID=${task_id}`)).toEqual([]);
  });

  it('refuses to be made without a command', () => {
    const options = {
      role: 'developer',
      connect: streamsTransport({ brokerUrl: broker.url }),
      environment: {},
    };
    expect(() => new CommandAgent({ ...options, command: [] })).toThrow(TypeError);
  });
});

describe('the host of a command agent', { timeout: 60_000 }, () => {
  it('drains on SIGTERM: the command finishes, the agent leaves, the host exits with 0', async () => {
    const script = 'while ! test -e "$GO"; do sleep 0.05; done; echo \'{"type":"result","result":"done"}\'';
    const go = join(directory, 'go');
    const started = await startHost({ command: ['/bin/sh', '-c', script], environment: { GO: go } });
    const { task_id } = await platform.assign(started.agentId);
    await eventually(async () => expect(await platform.reportedOf(task_id)).toEqual(['started']));
    started.host.signal('SIGTERM');
    await started.host.logged('draining');
    await eventually(() => expect(platform.heartbeats.at(-1)?.draining).toBe(true));
    writeFileSync(go, '');
    expect(await started.host.exited).toBe(0);
    expect((await endOf(task_id)).payload).toMatchObject({ result: 'done' });
    expect(platform.left).toEqual([started.agentId]);
  });

  it('kills at once on a second signal', async () => {
    const started = await startHost({ options: { graceMs: 60_000 } });
    const { task_id } = await platform.assign(started.agentId);
    await started.host.logged('ready');
    started.host.signal('SIGTERM');
    await started.host.logged('draining');
    started.host.signal('SIGINT');
    expect(await started.host.exited).toBe(130);
    expect(processesWith(`NOVA_TASK_ID=${task_id}`)).toEqual([]);
  });

  it('takes its command along even when it is killed itself', async () => {
    const long = `1000.${randomBytes(4).readUInt32BE()}`;
    const started = await startHost({ command: ['/bin/sh', nasty, long] });
    const { task_id } = await platform.assign(started.agentId);
    await started.host.logged('ready');
    expect(processesWith(long).length).toBeGreaterThan(3);
    const guards = processesWith('orphan-guard.sh').filter((pid) => parentOf(pid) === started.host.pid);
    expect(guards).toHaveLength(1);
    started.host.signal('SIGKILL');
    expect(await started.host.exited).toBe('SIGKILL');
    await eventually(() => expect(processesWith(`NOVA_TASK_ID=${task_id}`)).toEqual([]), {
      timeoutMs: 15_000,
    });
    // Also what has no environment to know it by, but is still in the command's group.
    await eventually(() => expect(processesWith(long)).toEqual([]), { timeoutMs: 15_000 });
    await eventually(() => expect(processesWith('orphan-guard.sh')).not.toContain(guards[0]), {
      timeoutMs: 15_000,
    });
  });

  it('ends by itself when no spawner is there for longer than the grace', async () => {
    const file = join(directory, 'supervisor.json');
    const spawner = JSON.stringify({
      pid: process.pid,
      pid_start: await processStart(process.pid),
      instance: 's',
    });
    writeFileSync(file, spawner);
    const marker = `mark-${randomBytes(8).toString('hex')}`;
    const started = await startHost({
      command: ['/bin/true'],
      environment: { NOVA_SUPERVISOR_FILE: file, NOVA_ORPHAN_GRACE_MS: '500', MARKER: marker },
    });
    writeFileSync(file, JSON.stringify({ pid: process.pid, pid_start: '1', instance: 's' }));
    await started.host.logged('the supervisor is gone');
    expect(await started.host.exited).toBe(0);
    expect(platform.left).toEqual([started.agentId]);
    expect(processesWith(marker)).toEqual([]);
  });
});
