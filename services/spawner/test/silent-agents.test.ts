// An agent that never registers does not run for ever, and does not count as one that ran.
import {
  AgentRegisterV1,
  AgentRegistration,
  newMessage,
  type SpawnId,
  streamKeys,
} from '@nova-torch/protocol';
import { eventually } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SpawnerRig, shellTemplate, startSpawnerRig } from './support/spawner-rig.ts';

const STREAMS = streamKeys(0);
/** Enough for the start of a process on a busy machine. */
const READY_MS = 15_000;

describe('an agent that does not register', { timeout: 120_000 }, () => {
  let rig: SpawnerRig;

  beforeAll(async () => {
    rig = await startSpawnerRig();
    const templates = [shellTemplate('shy', 'echo I never register; exec sleep 600', { role: 'shy' })];
    await rig.start({ templates, env: { SPAWNER_READY_TIMEOUT_MS: String(READY_MS) } });
  });
  afterAll(() => rig.close());

  /** Dates its request back: there are so many ms left to register. */
  const leaves = async (spawnId: SpawnId, leftMs: number) => {
    const stored = await rig.store.get(spawnId);
    if (!stored) throw new Error('it was just started');
    const requested_at_ms = Math.floor(rig.broker.serverNowMs()) - READY_MS + leftMs;
    const record = { ...stored.record, requested_at_ms };
    expect(await rig.store.change(stored, { ...stored, version: stored.version + 1, record })).toBe(true);
  };

  it('is ended as failed in time, with the end of its log', async () => {
    const { spawn_id } = await rig.spawned('shy');
    await eventually(() => expect(rig.log(spawn_id)).toContain('I never register'));
    await leaves(spawn_id, 3_000);
    const failed = await rig.until(spawn_id, 'failed');
    expect(failed.reason).toContain('did not register within 15 s');
    expect(failed.reason).toContain('I never register');
    expect(rig.living(spawn_id)).toEqual([]);
    const events = await rig.seen(STREAMS.agentsScaling, 'spawn.changed.v1');
    const states = events.flatMap(({ payload }) =>
      payload.spawn.spawn_id === spawn_id ? [payload.spawn.state] : [],
    );
    expect(states).toEqual(['starting', 'stopping', 'failed']);
  });

  it('is asked about before it is given up: a word that was missed is made up for', async () => {
    const { spawn_id, agent_id } = await rig.spawned('shy');
    const registration = AgentRegistration.parse({ agent_id, role: 'shy', transport: 'streams' });
    // Registered, but not under the spawn id: the feed says nothing to the spawner, the registry does when asked.
    await rig.tellRegistry(
      newMessage(
        AgentRegisterV1,
        { registration },
        { sender: 'test', target: 'registry', nowMs: Date.now() },
      ),
    );
    await leaves(spawn_id, 3_000);
    expect(await rig.until(spawn_id, 'running')).toMatchObject({ agent_id });
    await rig.terminate(agent_id, true);
    await rig.until(spawn_id, 'stopped');
  });
});
