// What is done now and then: forgetting what ended long ago, and marking again what the broker lost.
import { existsSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { newSpawnId } from '@nova-torch/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newSpawn, settle } from '../src/domain/spawn.ts';
import { forgetEndedSpawns } from '../src/loops/ended-spawn-janitor.ts';
import { createAgentLogs } from '../src/runtime/agent-log.ts';
import { type SpawnerRig, shellTemplate, startSpawnerRig } from './support/spawner-rig.ts';

describe('upkeep', { timeout: 120_000 }, () => {
  let rig: SpawnerRig;

  beforeAll(async () => {
    rig = await startSpawnerRig();
  });
  afterAll(() => rig.close());

  it('forgets records and logs of what ended long ago, not of what lives', async () => {
    const home = rig.newHome();
    const app = await rig.start({ home, templates: [shellTemplate('steady', 'exec sleep 600')] });
    const ended = await rig.spawned('steady');
    const alive = await rig.spawned('steady');
    await rig.until(ended.spawn_id, 'running');
    await rig.until(alive.spawn_id, 'running');
    await rig.terminate(ended.agent_id, true);
    await rig.until(ended.spawn_id, 'stopped');

    const logs = createAgentLogs(join(home, 'logs/agents'), 1_000);
    const owner = (await rig.store.get(alive.spawn_id))?.owner ?? '';
    const janitor = { owner, store: rig.store, logs, nowMs: () => rig.broker.serverNowMs() };
    expect(await forgetEndedSpawns({ ...janitor, keepMs: 60_000 })).toEqual({ records: 0, logs: 0 });
    for (const { spawn_id } of [ended, alive]) utimesSync(logs.file(spawn_id), 1, 1);
    expect(await forgetEndedSpawns({ ...janitor, keepMs: -1_000 })).toEqual({ records: 1, logs: 1 });
    expect(await rig.store.get(ended.spawn_id)).toBeUndefined();
    expect(existsSync(logs.file(ended.spawn_id))).toBe(false);
    expect(await rig.terminate(ended.agent_id)).toMatchObject({ payload: { code: 'SPAWN_UNKNOWN' } });
    expect((await rig.store.list(undefined, 10)).spawns.map(({ record }) => record.spawn_id)).toEqual([
      alive.spawn_id,
    ]);
    expect(existsSync(logs.file(alive.spawn_id))).toBe(true);
    await app.stop();
  });

  it('stores a change only over the version it was decided from', async () => {
    const { spawns } = await rig.store.list(undefined, 1);
    const [spawn] = spawns;
    if (!spawn) throw new Error('the agent of the test before lives');
    const ended = settle(spawn, { code: 1 }, '', 1);
    expect(await rig.store.change({ ...spawn, version: spawn.version - 1 }, ended)).toBe(false);
    expect(await rig.store.change(spawn, ended)).toBe(true);
    expect(await rig.store.change(spawn, ended)).toBe(false);
    expect(await rig.store.countLive()).toBe(0);
    const unknown = newSpawn({ ...spawn.record, owner: 'x', spawn_id: newSpawnId(0, 1), stop_grace_s: 1 }, 1);
    expect(await rig.store.change(unknown, { ...unknown, version: 2 })).toBe(false);
  });
});
