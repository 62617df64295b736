// Agents are started: within limits, once per spawn id, and only believed to run when they registered.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentTemplate, newSpawnId, streamKeys } from '@nova-torch/protocol';
import { eventually } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEnvironment, readProcess } from '../src/runtime/process-table.ts';
import { type SpawnerRig, shellTemplate, startSpawnerRig } from './support/spawner-rig.ts';

const STREAMS = streamKeys(0);
const UNTIL_TOLD = 'while [ ! -e "$NOVA_HOME/go" ]; do sleep 0.05; done';

describe('spawning', { timeout: 120_000 }, () => {
  let rig: SpawnerRig;
  let home: string;
  const templates: AgentTemplate[] = [
    shellTemplate('steady', 'exec sleep 600', { env: { COLOUR: 'red' }, cwd: '/', max_instances: 100 }),
    shellTemplate('pair', 'exec sleep 600', { max_instances: 2 }),
    shellTemplate('broken', 'echo "no such key: XYZ" >&2; exit 7', { role: 'shy' }),
    shellTemplate('homeless', 'true', { cwd: '/no/such/directory' }),
    shellTemplate('done', `${UNTIL_TOLD}; exit 0`),
    shellTemplate('rust', 'exec sleep 600', { skills: ['rust'], max_instances: 1 }),
    shellTemplate('polyglot', 'exec sleep 600', { skills: ['go', 'rust'], max_instances: 1 }),
    shellTemplate('crashing', `${UNTIL_TOLD}; echo out of ideas; exit 3`),
  ];

  beforeAll(async () => {
    rig = await startSpawnerRig();
    home = rig.newHome();
    await rig.start({ templates, home, env: { SPAWNER_AGENTS_MAX: '6', SECRET_OF_THE_SPAWNER: 'x' } });
  });
  afterAll(() => rig.close());

  it('starts an agent that registers, and tells each state on the feed', async () => {
    const started = await rig.spawned('steady');
    expect(started).toMatchObject({
      state: 'starting',
      template: 'steady',
      role: 'developer',
      requested_by: 'test',
    });
    expect(started.pid).toBeGreaterThan(1);
    const running = await rig.until(started.spawn_id, 'running');
    expect(running.ready_at_ms).toBeGreaterThanOrEqual(running.requested_at_ms);
    const [agent] = await rig.seen(STREAMS.registryEvents, 'agent.joined.v1');
    expect(agent?.payload.agent).toMatchObject({ agent_id: started.agent_id, spawn_id: started.spawn_id });

    const environment = readEnvironment(started.pid ?? 0);
    expect(environment?.get('COLOUR')).toBe('red');
    expect(environment?.get('NOVA_AGENT_ID')).toBe(started.agent_id);
    expect(environment?.has('SECRET_OF_THE_SPAWNER')).toBe(false);
    expect(readProcess(started.pid ?? 0)).toMatchObject({ session: started.pid, start: started.pid_start });

    const events = await rig.seen(STREAMS.agentsScaling, 'spawn.changed.v1');
    const states = events
      .map(({ payload }) => payload.spawn)
      .filter((one) => one.spawn_id === started.spawn_id);
    expect(states.map(({ state }) => state)).toEqual(['starting', 'running']);
    await rig.terminate(started.agent_id, true);
    await rig.until(started.spawn_id, 'stopped');
  });

  it('starts one process for one spawn id, however often it is asked', async () => {
    const spawnId = newSpawnId(0, Date.now());
    const answers = await Promise.all([1, 2, 3, 4].map(() => rig.spawned('steady', spawnId)));
    expect(new Set(answers.map(({ agent_id, pid }) => `${agent_id} ${pid}`)).size).toBe(1);
    const again = await rig.spawned('steady', spawnId);
    expect(again.agent_id).toBe(answers[0]?.agent_id);
    expect(await rig.spawn('pair', spawnId)).toMatchObject({ payload: { code: 'IDEMPOTENCY_CONFLICT' } });
    await rig.terminate(again.agent_id, true);
    await rig.until(spawnId, 'stopped');
    expect(rig.living(spawnId)).toEqual([]);
  });

  it('refuses an unknown template, and says which there are', async () => {
    const answer = await rig.spawn('astronaut');
    expect(answer).toMatchObject({ type: 'request.refused.v1', payload: { code: 'TEMPLATE_UNKNOWN' } });
    expect(JSON.stringify(answer.payload)).toContain('steady, pair');
  });

  it('takes the first template that covers a demand and has room, once for one spawn id', async () => {
    const spawnId = newSpawnId(0, Date.now());
    const demand = { role: 'developer', skills: ['rust'] };
    const answers = await Promise.all([1, 2, 3].map(() => rig.demand(demand, spawnId)));
    for (const answer of answers) {
      expect(answer).toMatchObject({ payload: { spawn: { spawn_id: spawnId, template: 'rust', demand } } });
    }
    expect(rig.hosts(spawnId)).toHaveLength(1);
    expect(await rig.spawn('rust', spawnId)).toMatchObject({ payload: { spawn: { spawn_id: spawnId } } });
    expect(await rig.spawn('steady', spawnId)).toMatchObject({ payload: { code: 'IDEMPOTENCY_CONFLICT' } });
    expect(await rig.demand({ skills: ['go'] }, spawnId)).toMatchObject({
      payload: { code: 'IDEMPOTENCY_CONFLICT' },
    });

    const second = await rig.demand(demand);
    expect(second).toMatchObject({ payload: { spawn: { template: 'polyglot' } } });
    const third = await rig.demand(demand);
    expect(third).toMatchObject({ payload: { code: 'SPAWN_LIMIT' } });
    expect(JSON.stringify(third.payload)).toMatch(/template rust .*; .*template polyglot /);
    const uncovered = await rig.demand({ role: 'qa', skills: ['rust'] });
    expect(uncovered).toMatchObject({
      payload: { code: 'TEMPLATE_UNKNOWN', field: 'demand', detail: expect.stringContaining('the role qa') },
    });

    const spawns = [...answers.slice(0, 1), second].flatMap((one) =>
      one.type === 'spawn.state.v1' ? [one.payload.spawn] : [],
    );
    await Promise.all(spawns.map(({ agent_id }) => rig.terminate(agent_id, true)));
    for (const { spawn_id } of spawns) await rig.until(spawn_id, 'stopped');
  });

  it('refuses what is over the limit of the template or of all, exactly, and tells the feed', async () => {
    const pairs = await Promise.all([1, 2, 3, 4, 5].map(() => rig.spawn('pair')));
    expect(pairs.filter(({ type }) => type === 'spawn.state.v1')).toHaveLength(2);
    const refused = pairs.find(({ type }) => type === 'request.refused.v1');
    expect(refused).toMatchObject({ payload: { code: 'SPAWN_LIMIT' } });
    expect(JSON.stringify(refused?.payload)).toContain('max_instances is 2');

    const more = await Promise.all([1, 2, 3, 4, 5, 6].map(() => rig.spawn('steady')));
    expect(more.filter(({ type }) => type === 'spawn.state.v1')).toHaveLength(4);
    expect(JSON.stringify(more)).toContain('SPAWNER_AGENTS_MAX');
    const events = await rig.seen(STREAMS.agentsScaling, 'spawn.refused.v1');
    const byName = events.filter(
      ({ payload }) => payload.code === 'SPAWN_LIMIT' && payload.template !== undefined,
    );
    expect(byName).toHaveLength(5);

    const all = [...pairs, ...more].flatMap((one) =>
      one.type === 'spawn.state.v1' ? [one.payload.spawn] : [],
    );
    await Promise.all(all.map(({ agent_id }) => rig.terminate(agent_id, true)));
    for (const { spawn_id } of all) await rig.until(spawn_id, 'stopped');
    expect(await rig.store.countLive()).toBe(0);
  });

  it('says why a command that dies at once failed', async () => {
    const { spawn_id } = await rig.spawned('broken');
    const failed = await rig.until(spawn_id, 'failed');
    expect(failed).toMatchObject({ exit_code: 7 });
    expect(failed.reason).toMatch(/exited with code 7 before it registered.*\n.*no such key: XYZ/s);
  });

  it('says why a process could not be started at all', async () => {
    const failed = await rig.spawned('homeless');
    expect(failed).toMatchObject({ state: 'failed' });
    expect(failed.reason).toContain('/no/such/directory');
    expect(failed.pid).toBeUndefined();
  });

  it('reports an agent that ended by itself: well, or with the end of its log', async () => {
    const done = await rig.spawned('done');
    const crashing = await rig.spawned('crashing');
    for (const { spawn_id } of [done, crashing]) await rig.until(spawn_id, 'running');
    writeFileSync(join(home, 'go'), '');
    expect(await rig.until(done.spawn_id, 'stopped')).toMatchObject({ exit_code: 0 });
    const failed = await rig.until(crashing.spawn_id, 'failed');
    expect(failed.reason).toMatch(/exited with code 3 by itself.*out of ideas/s);
    await eventually(async () => {
      const signs = await rig.seen(STREAMS.registry, 'agent.sign.v1');
      expect(signs.map(({ payload }) => payload.agent_id)).toEqual(
        expect.arrayContaining([done.agent_id, crashing.agent_id]),
      );
    });
  });

  it('lists spawns by pages, newest first, and templates', async () => {
    const first = await rig.list(undefined, 3);
    if (first.type !== 'spawn.page.v1') throw new Error(first.type);
    expect(first.payload.spawns).toHaveLength(3);
    const second = await rig.list(first.payload.next_cursor, 500);
    if (second.type !== 'spawn.page.v1') throw new Error(second.type);
    expect(second.payload.next_cursor).toBeUndefined();
    const ids = [...first.payload.spawns, ...second.payload.spawns].map(({ spawn_id }) => spawn_id);
    expect(ids).toEqual([...new Set(ids)].sort().reverse());
    expect(await rig.list('nonsense')).toMatchObject({ payload: { code: 'CURSOR_INVALID' } });
    const page = await rig.templates();
    expect(page).toMatchObject({ type: 'template.page.v1' });
    expect(JSON.stringify(page.payload)).toContain('"name":"homeless"');
  });
});
