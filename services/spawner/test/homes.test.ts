// Who may run where: one spawner for a home, several hosts on one broker, and what becomes of the agents at a stop.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMetrics } from '@nova-torch/service-kit';
import { bareEnvironment, eventually } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHomeKeeper } from '../src/loops/home-keeper.ts';
import { reapLostHosts } from '../src/loops/lost-host-reaper.ts';
import { createSpawnerMetrics } from '../src/metrics.ts';
import { isSameProcess } from '../src/runtime/process-table.ts';
import { spawnerKeys } from '../src/store/keys.ts';
import type { OwnerClaim, SpawnStore } from '../src/store/spawn-store.ts';
import { HOST_ENTRY, type SpawnerRig, shellTemplate, startSpawnerRig } from './support/spawner-rig.ts';
import { writeTemplates } from './support/write-templates.ts';

const MAIN = join(import.meta.dirname, '../src/main.ts');
const STUBBORN = `trap '' TERM; setsid bash -c "trap '' TERM; while :; do sleep 0.2; done" & while :; do sleep 0.2; done`;
const templates = [
  shellTemplate('steady', 'exec sleep 600', { stop_grace_s: 1 }),
  shellTemplate('stubborn', STUBBORN, { stop_grace_s: 600 }),
];

describe('homes of spawners', { timeout: 120_000 }, () => {
  let rig: SpawnerRig;

  beforeAll(async () => {
    rig = await startSpawnerRig();
  });
  afterAll(() => rig.close());

  const running = async (template: string) => {
    const { spawn_id } = await rig.spawned(template);
    return rig.until(spawn_id, 'running');
  };
  /** Runs a spawner as a process until it ends by itself. */
  const runMain = async (env: Record<string, string>) => {
    const child = spawn(process.execPath, ['--conditions=source', MAIN], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...bareEnvironment(),
        NOVA_BROKER_URL: rig.platform.brokerUrl,
        NOVA_CLI_ENTRY: HOST_ENTRY,
        ...env,
      },
    });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const [code] = await once(child, 'close');
    return { code, stderr };
  };

  it('refuses a second spawner on one home, and names the first', async () => {
    const home = rig.newHome();
    const app = await rig.start({ home, env: { NOVA_INSTANCE: 'spawner-first' } });
    const { code, stderr } = await runMain({ NOVA_HOME: home });
    expect(code).toBe(78);
    expect(stderr).toContain(`the spawner spawner-first (pid ${process.pid}) already runs on ${home}`);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    await app.stop();
  });

  it('refuses templates that are wrong, all problems at once, before anything starts', async () => {
    const home = rig.newHome();
    const file = writeTemplates(home, [
      { ...shellTemplate('a', 'true'), capacity: 0 },
      { ...shellTemplate('a', 'true'), command: [] },
    ]);
    const { code, stderr } = await runMain({ NOVA_HOME: home, NOVA_TEMPLATES: file });
    expect(code).toBe(78);
    expect(stderr).toMatch(/capacity.*already.*command/s);
  });

  it('refuses a home that a spawner on another machine has, until that has been silent', async () => {
    const home = rig.newHome();
    const app = await rig.start({ home });
    const owner = readFileSync(join(home, 'spawner/0.owner'), 'utf8');
    const common = { store: rig.store, owner, home, silentMs: 1_000 };
    // The first renews its claim; here right before each claim of another, so that it never was silent.
    const holder = (await rig.store.holderOf(owner)) ?? '';
    const renewed: SpawnStore = Object.create(rig.store, {
      claimOwner: {
        value: async (claim: OwnerClaim) => {
          const renewal = rig.store.claimOwner({ ...claim, holder });
          const claimed = rig.store.claimOwner(claim);
          await renewal;
          return claimed;
        },
      },
    });
    const early = { ...common, store: renewed, instance: 'other', host: 'elsewhere' };
    await expect(createHomeKeeper(early).claim()).rejects.toThrow(
      /the spawner spawner-.* on .* already runs on/,
    );
    await app.stop();
    await createHomeKeeper({ ...common, instance: 'other', host: 'elsewhere' }).claim();
    // From here on nobody loses the home by a silence of the test's own.
    const patient = { ...common, silentMs: 60_000, host: 'elsewhere' };
    const other = createHomeKeeper({ ...patient, instance: 'other' });
    expect(await other.runOnce()).toEqual({ lost: 0 });
    const late = createHomeKeeper({ ...patient, instance: 'late' });
    await late.claim();
    expect(await other.runOnce()).toEqual({ lost: 1 });
    expect(other.lostTo()).toContain('late');
  });

  it('ends all agents with the spawner when told so, all at once, however stubborn', async () => {
    const app = await rig.start({ templates, env: { SPAWNER_ON_STOP: 'terminate' } });
    const agents = [];
    for (const template of ['steady', 'stubborn', 'stubborn', 'steady']) agents.push(await running(template));
    const stoppedAt = performance.now();
    await app.stop();
    // A stubborn one alone would have ten minutes.
    expect(performance.now() - stoppedAt).toBeLessThan(10_000);
    for (const { spawn_id } of agents) {
      expect((await rig.store.get(spawn_id))?.record).toMatchObject({
        state: 'stopped',
        reason: 'the spawner was stopped',
      });
      expect(rig.living(spawn_id)).toEqual([]);
    }
  });

  it('ends the records of a host that is gone for good, and takes back what was not gone after all', async () => {
    const home = rig.newHome();
    const app = await rig.start({ home, templates });
    const alive = await running('steady');
    const gone = await running('steady');
    const owner = (await rig.store.get(alive.spawn_id))?.owner ?? '';
    await app.stop();
    expect(isSameProcess(alive.pid ?? 0, alive.pid_start ?? '')).toBe(true);

    await rig.broker.call('ZADD', spawnerKeys(0).owners, 1, owner);
    const metrics = createSpawnerMetrics(createMetrics('spawner'), []);
    const reaper = {
      owner: 'another',
      store: rig.store,
      metrics,
      lostAfterMs: 60_000,
      nowMs: () => rig.broker.serverNowMs(),
    };
    expect(await reapLostHosts(reaper)).toEqual({ lost: 2 });
    expect(await reapLostHosts(reaper)).toEqual({ lost: 0 });
    expect(await rig.until(alive.spawn_id, 'failed')).toMatchObject({
      reason: expect.stringContaining('not been heard of'),
    });
    expect(await rig.store.countLive()).toBe(0);

    process.kill(gone.pid ?? 0, 'SIGKILL');
    await eventually(() => !isSameProcess(gone.pid ?? 0, gone.pid_start ?? ''));
    const back = await rig.start({ home, templates });
    expect(await rig.until(alive.spawn_id, 'running')).toMatchObject({ pid: alive.pid });
    expect((await rig.store.get(gone.spawn_id))?.record.state).toBe('failed');
    await rig.terminate(alive.agent_id, true);
    await rig.until(alive.spawn_id, 'stopped');
    await eventually(() => expect(rig.living(gone.spawn_id)).toEqual([]));
    await back.stop();
  });

  it('ends the agents even when the broker is gone', async () => {
    const app = await rig.start({ templates, env: { SPAWNER_ON_STOP: 'terminate' } });
    const { spawn_id } = await running('stubborn');
    await rig.platform.broker.pause();
    const stopped = app.stop();
    await eventually(() => expect(rig.living(spawn_id)).toEqual([]), { timeoutMs: 60_000 });
    await rig.platform.broker.resume();
    await stopped;
  });
});
