// Tasks that nobody alive can do, on the whole platform: the spawner starts who can, once, whoever dies meanwhile; and
// where it cannot, the task says why.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NovaClient, TaskOrchestrator } from '@nova-torch/client';
import type { SpawnRecord } from '@nova-torch/protocol';
import { eventually, type Platform, startPlatform } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCli } from './support/cli-process.ts';

const template = (name: string, skills: string[], more: object = {}) => ({
  name,
  role: 'developer',
  skills,
  capacity: 4,
  command: ['sh', '-c', 'cat > /dev/null; exit 0'],
  stop_grace_s: 1,
  ...more,
});
const templatesIn = (directory: string) => [
  ...['rust', 'go', 'zig', 'ada', 'lisp', 'perl'].map((skill) => template(`${skill}-developer`, [skill])),
  template('only-one', ['wasm'], {
    max_instances: 1,
    stop_grace_s: 60,
    env: { GO: join(directory, 'go') },
    command: ['sh', '-c', 'cat > /dev/null; while [ ! -e "$GO" ]; do sleep 0.1; done'],
  }),
  template('homeless', ['cobol'], { cwd: '/no/such/directory' }),
];

describe('tasks that nobody alive can do', { timeout: 120_000 }, () => {
  let platform: Platform;
  let client: NovaClient;
  let directory: string;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'nova-torch-missing-'));
    const file = join(directory, 'templates.yaml');
    writeFileSync(file, JSON.stringify({ templates: templatesIn(directory) }));
    platform = await startPlatform({
      services: ['registry', 'task-router', 'task-router#2', 'spawner', 'gateway'],
      env: { NOVA_DEMAND_AFTER_MS: '200', NOVA_DEMAND_BACKOFF_MS: '1000', NOVA_DEMAND_ANSWER_MS: '4000' },
      envOf: { spawner: { NOVA_TEMPLATES: file, SPAWNER_ON_STOP: 'leave', NOVA_ORPHAN_GRACE_MS: '60000' } },
    });
    client = new NovaClient({ baseUrl: platform.gatewayUrl, key: platform.adminKey });
  }, 120_000);
  afterAll(async () => {
    await platform?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const submit = async (skill: string, more: object = {}) =>
    (await client.submitTask({ title: `needs ${skill}`, required_skills: [skill], ...more })).task_id;
  const completed = async (taskId: string) =>
    expect(await client.waitForTask(taskId, { timeoutS: 60 })).toMatchObject({ status: 'completed' });
  const spawnsFor = async (skill: string): Promise<SpawnRecord[]> =>
    (await client.listSpawns()).filter(({ demand }) => demand?.skills.includes(skill));
  const nova = async (...args: string[]) => {
    const command = startCli(args, { NOVA_HOME: platform.home, NOVA_API_URL: platform.gatewayUrl });
    expect(await command.exit, command.text()).toBe(0);
    return command.text();
  };
  /** The metrics of both routers, as text: only the active one counts. */
  const metrics = async () => {
    const routers = ['task-router', 'task-router#2'] as const;
    const texts = routers.map(async (name) =>
      (await fetch(`${platform.service(name).address}/metrics`)).text(),
    );
    const lines = (await Promise.all(texts)).join('\n').split('\n');
    return lines.filter((line) => /^nova_torch_router_(spawn|classes)/.test(line)).join('\n');
  };
  const searchFor = async (skill: string) =>
    (await client.listUnserved()).find(({ skills }) => skills.includes(skill));
  const activeRouter = () =>
    eventually(
      async () => {
        const { instances } = await client.health();
        const active = instances.find(({ service, load }) => service === 'task-router' && load.active === 1);
        if (active === undefined) throw new Error('no router is the active one');
        const names = ['task-router', 'task-router#2'] as const;
        const name = names.find((one) => platform.service(one).address === active.address);
        if (name === undefined) throw new Error(`no router answers at ${active.address}`);
        return name;
      },
      { timeoutMs: 20_000 },
    );

  it('starts the agent of a template that covers them, and one for a hundred', async () => {
    await completed(await submit('rust', { role: 'developer' }));
    const [spawn, ...others] = await spawnsFor('rust');
    expect(others).toEqual([]);
    expect(spawn).toMatchObject({
      template: 'rust-developer',
      requested_by: 'task-router',
      demand: { role: 'developer', skills: ['rust'] },
    });
    const batch = Array.from({ length: 100 }, () => ({ title: 'one of many', required_skills: ['go'] }));
    const { results } = await client.submitTasks(batch);
    const ids = results.flatMap(({ task }) => (task === undefined ? [] : [task.task_id]));
    expect(ids).toHaveLength(100);
    for (const taskId of ids) await completed(taskId);
    expect(await spawnsFor('go')).toHaveLength(1);
    expect(await client.listUnserved()).toEqual([]);
    const asked = [
      ...(await metrics()).matchAll(/_spawn_requests_total\{[^}]*outcome="asked"[^}]*\} (\d+)$/gm),
    ];
    expect(asked.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(2);
  });

  it('starts one, also when the router that asked is killed before the spawner answers', async () => {
    await platform.kill9('spawner');
    const taskId = await submit('zig');
    await eventually(async () => expect(await searchFor('zig')).toMatchObject({ state: 'asked', tasks: 1 }), {
      timeoutMs: 20_000,
    });
    const { spawn_id: spawnId } = (await searchFor('zig')) ?? {};
    const killed = await activeRouter();
    await platform.kill9(killed);
    await eventually(
      async () => expect((await client.getTask(taskId)).waiting_for).toMatch(/was asked for one \d+ s ago/),
      { timeoutMs: 20_000 },
    );
    await platform.restart('spawner');
    await completed(taskId);
    expect((await spawnsFor('zig')).map(({ spawn_id }) => spawn_id)).toEqual([spawnId]);
    await platform.restart(killed);
  });

  it('starts one, also when the spawner is killed as soon as it has written it down', async () => {
    const taskId = await submit('ada');
    await eventually(async () => expect(await spawnsFor('ada')).toHaveLength(1), { timeoutMs: 20_000 });
    await platform.kill9('spawner');
    await platform.restart('spawner');
    await completed(taskId);
    expect(await spawnsFor('ada')).toHaveLength(1);
  });

  it('asks later each time for an agent that cannot be started, and the task says why it waits', async () => {
    const taskId = await submit('cobol');
    await eventually(async () => expect((await spawnsFor('cobol')).length).toBeGreaterThanOrEqual(3), {
      timeoutMs: 30_000,
    });
    const times = (await spawnsFor('cobol')).map(({ requested_at_ms }) => requested_at_ms).reverse();
    const [first = 0, second = 0, third = 0] = times;
    expect(second - first).toBeGreaterThanOrEqual(1_000);
    expect(third - second).toBeGreaterThanOrEqual(2_000);
    const task = await client.getTask(taskId);
    expect(task.status).toBe('ready');
    expect(task.waiting_for).toMatch(/template homeless ended: .*\/no\/such\/directory/);
    expect(await searchFor('cobol')).toMatchObject({ reason: expect.stringContaining('homeless') });
    await client.cancelTask(taskId);
    await eventually(async () => expect(await searchFor('cobol')).toBeUndefined(), { timeoutMs: 20_000 });
  });

  it('says that no template covers them, and starts nothing', async () => {
    const taskId = await submit('ikebana', { role: 'qa' });
    await eventually(
      async () =>
        expect((await client.getTask(taskId)).waiting_for).toContain(
          'no template covers the role qa and the skill ikebana',
        ),
      { timeoutMs: 20_000 },
    );
    expect(await searchFor('ikebana')).toMatchObject({ role: 'qa', tasks: 1, spawn_id: expect.any(String) });
    expect(await spawnsFor('ikebana')).toEqual([]);
    expect(await metrics()).toMatch(/^nova_torch_router_classes_without_candidate\{[^}]*\} 1$/m);
    expect(await nova('status')).toMatch(
      /^qa +ikebana +1 .* (refused|asked) +\d+ asked: no template covers the role qa/m,
    );
    expect(await nova('task', 'get', taskId)).toContain(
      'no template covers the role qa and the skill ikebana',
    );
    await client.cancelTask(taskId);
    await eventually(
      async () => expect(await nova('status')).toContain('No task waits for a missing agent.'),
      {
        timeoutMs: 20_000,
      },
    );
  });

  it('says that the limit is reached, and asks again when the agent in the way ended', async () => {
    const first = await submit('wasm');
    const held = await eventually(
      async () => {
        const task = await client.getTask(first);
        expect(task.status).toBe('running');
        return task;
      },
      { timeoutMs: 20_000 },
    );
    // It finishes what it has and takes nothing more, and counts until it has ended.
    await client.terminateAgent(held.agent_id ?? '', { reason: 'enough' });
    await eventually(
      async () => {
        const [agent] = await client.listAgents({ skills: ['wasm'] });
        expect(agent?.status).toBe('draining');
      },
      { timeoutMs: 20_000 },
    );
    const second = await submit('wasm');
    await eventually(
      async () => expect((await client.getTask(second)).waiting_for).toContain('its max_instances is 1'),
      { timeoutMs: 20_000 },
    );
    expect(await spawnsFor('wasm')).toHaveLength(1);
    writeFileSync(join(directory, 'go'), '');
    await completed(first);
    await completed(second);
    expect(await spawnsFor('wasm')).toHaveLength(2);
  });

  it('is there for those who want the agent beforehand', async () => {
    const orchestrator = new TaskOrchestrator(client);
    const demand = { role: 'developer', required_skills: ['lisp'] };
    const options = { idempotencyKey: 'lisp-please' };
    const started = await orchestrator.spawnAgentIfNeeded(demand, options);
    if (!started.spawned) throw new Error('an agent was there before');
    expect(started.spawn).toMatchObject({ template: 'lisp-developer' });
    const found = await eventually(
      async () => {
        const there = await orchestrator.spawnAgentIfNeeded(demand, options);
        if (there.spawned) throw new Error('it has not registered yet');
        return there.agents;
      },
      { timeoutMs: 20_000 },
    );
    expect(found.map(({ agent_id }) => agent_id)).toEqual([started.spawn.agent_id]);
    await expect(orchestrator.spawnAgentIfNeeded({ required_skills: ['ikebana'] })).rejects.toMatchObject({
      code: 'TEMPLATE_UNKNOWN',
    });
  });
});
