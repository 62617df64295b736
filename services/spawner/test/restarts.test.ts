// A spawner that is followed by another on the same home. Both run in this process; the one after knows nothing of the
// one before but what is stored and what /proc says.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newAgentId, newSpawnId, streamKeys } from '@nova-torch/protocol';
import type { AssembledService } from '@nova-torch/service-kit';
import { eventually } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newSpawn } from '../src/domain/spawn.ts';
import { isSameProcess, startOf } from '../src/runtime/process-table.ts';
import { type SpawnerRig, shellTemplate, startSpawnerRig } from './support/spawner-rig.ts';

const STREAMS = streamKeys(0);
const NO_LIMIT = { totalMax: 100, templateMax: 100 };

describe('a spawner after another', { timeout: 120_000 }, () => {
  let rig: SpawnerRig;
  let home: string;
  let app: AssembledService;
  const templates = [shellTemplate('steady', 'setsid sleep 600 & exec sleep 600', { stop_grace_s: 0 })];

  const start = async (more: Record<string, string> = {}) => {
    app = await rig.start({ home, templates, env: more });
  };
  const running = async () => {
    const { spawn_id } = await rig.spawned('steady');
    return rig.until(spawn_id, 'running');
  };
  const intend = (template: string, requestedAtMs: number) => {
    const ids = { spawn_id: newSpawnId(0, Date.now()), agent_id: newAgentId(0, Date.now()) };
    const owner = readFileSync(join(home, 'spawner/0.owner'), 'utf8');
    const request = {
      ...ids,
      template,
      role: 'developer',
      stop_grace_s: 1,
      requested_by: 'test',
      host: 'here',
      owner,
    };
    return rig.store.begin(newSpawn(request, requestedAtMs), NO_LIMIT).then(() => ids.spawn_id);
  };

  beforeAll(async () => {
    rig = await startSpawnerRig();
    home = rig.newHome();
    await start();
  });
  afterAll(() => rig.close());

  it('adopts what lives, reports what does not, and starts what was only intended', async () => {
    const [alive, killed, later] = [await running(), await running(), await running()];
    await app.stop();
    process.kill(killed.pid ?? 0, 'SIGKILL');
    await eventually(() => !isSameProcess(killed.pid ?? 0, killed.pid_start ?? ''));
    const intended = await intend('steady', rig.broker.serverNowMs());
    const stale = await intend('steady', rig.broker.serverNowMs() - 3_600_000);
    const unknown = await intend('of old', rig.broker.serverNowMs());
    await start();

    expect((await rig.until(killed.spawn_id, 'failed')).reason).toContain('ended while there was no spawner');
    expect(rig.living(killed.spawn_id)).toEqual([]);
    expect((await rig.until(stale, 'failed')).reason).toContain('interrupted');
    expect((await rig.until(unknown, 'failed')).reason).toContain('no template of old');
    expect(await rig.until(intended, 'running')).toMatchObject({ template: 'steady' });
    expect(await rig.until(alive.spawn_id, 'running')).toMatchObject({ pid: alive.pid });
    const { agent_id } = later;
    await eventually(async () => {
      expect(await fetch(`${app.address()}/metrics`).then((answer) => answer.text())).toMatch(
        /agents_attached\S* 3/,
      );
    });
    process.kill(later.pid ?? 0, 'SIGKILL');
    expect((await rig.until(later.spawn_id, 'failed')).reason).toContain('exit code unknown');
    const signs = await rig.seen(STREAMS.registry, 'agent.sign.v1');
    expect(signs.map(({ payload }) => payload.agent_id)).toEqual(
      expect.arrayContaining([killed.agent_id, agent_id]),
    );

    await rig.terminate(alive.agent_id);
    expect(await rig.until(alive.spawn_id, 'stopped')).toMatchObject({ reason: 'enough' });
    expect(rig.living(alive.spawn_id)).toEqual([]);
  });

  it('gives the living a record again when the broker lost it, and ends what has none to get', async () => {
    const { spawn_id, agent_id, pid = 0 } = await running();
    await rig.platform.broker.flush();
    expect(await rig.until(spawn_id, 'running')).toMatchObject({ pid, agent_id, requested_by: 'spawner' });
    expect(rig.hosts(spawn_id)).toEqual([pid]);
    // Its host is gone with the record: what is left is reached by nobody.
    await app.stop();
    process.kill(pid, 'SIGKILL');
    await eventually(() => rig.hosts(spawn_id).length === 0);
    expect(rig.living(spawn_id).length).toBeGreaterThan(0);
    await rig.platform.broker.flush();
    await start();
    await eventually(() => expect(rig.living(spawn_id)).toEqual([]));
    expect(await rig.store.get(spawn_id)).toBeUndefined();
  });

  it('ends stragglers of what has ended, not what another home has started', async () => {
    const ended = await running();
    await rig.terminate(ended.agent_id);
    await rig.until(ended.spawn_id, 'stopped');
    const mark = (spawnId: string) =>
      spawn('sleep', ['600'], {
        detached: true,
        stdio: 'ignore',
        env: { NOVA_SPAWN_ID: spawnId, PATH: process.env.PATH },
      });
    const foreign = mark(newSpawnId(0, Date.now()));
    const straggler = mark(ended.spawn_id);
    const straggles = isSameProcess.bind(undefined, straggler.pid ?? 0, startOf(straggler.pid ?? 0) ?? '');
    await eventually(() => !straggles());
    expect(startOf(foreign.pid ?? 0)).toBeDefined();
    foreign.kill('SIGKILL');
  });

  it('sweeps at once what ended while the broker was away, and reports it afterwards', async () => {
    const { spawn_id, agent_id, pid = 0 } = await running();
    await eventually(() => expect(rig.living(spawn_id).length).toBeGreaterThan(2));
    await rig.platform.broker.pause();
    process.kill(pid, 'SIGKILL');
    await eventually(() => expect(rig.living(spawn_id)).toEqual([]));
    await rig.platform.broker.resume();
    expect((await rig.until(spawn_id, 'failed')).reason).toContain('was ended by SIGKILL');
    const signs = await rig.seen(STREAMS.registry, 'agent.sign.v1');
    expect(signs.map(({ payload }) => payload.agent_id)).toContain(agent_id);
  });

  it('is told by the registry what it missed while nobody listened', async () => {
    const { spawn_id, agent_id } = await running();
    await app.stop();
    const stored = await rig.store.get(spawn_id);
    if (!stored) throw new Error('it runs');
    const { ready_at_ms: _, ...record } = stored.record;
    const starting = {
      ...stored,
      version: stored.version + 1,
      record: { ...record, state: 'starting' as const },
    };
    expect(
      await rig.store.change(stored, {
        ...starting,
        record: { ...starting.record, requested_at_ms: rig.broker.serverNowMs() },
      }),
    ).toBe(true);
    await start({ SPAWNER_READY_TIMEOUT_MS: '600000' });
    expect(await rig.until(spawn_id, 'running')).toMatchObject({ agent_id });
    await rig.terminate(agent_id, true);
    await rig.until(spawn_id, 'stopped');
  });
});
