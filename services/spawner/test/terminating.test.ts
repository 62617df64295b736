// Agents are ended whole: politely, then by force, proven by /proc, whoever asks and however often.
import { newAgentId, streamKeys } from '@nova-torch/protocol';
import { asEntries } from '@nova-torch/streams';
import { eventually } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SpawnerRig, shellTemplate, startSpawnerRig } from './support/spawner-rig.ts';

const STREAMS = streamKeys(0);
const STUBBORN = `
  trap '' TERM
  bash -c "trap '' TERM; while :; do sleep 0.2; done" &
  setsid bash -c "trap '' TERM; while :; do sleep 0.2; done" &
  (setsid sh -c 'sleep 300 & sleep 301 & exit 0' &)
  (env -i /bin/sleep 302 &)
  (nohup sleep 303 > /dev/null 2>&1 &)
  echo up; while :; do sleep 0.2; done`;

describe('terminating', { timeout: 120_000 }, () => {
  let rig: SpawnerRig;
  let home: string;

  beforeAll(async () => {
    rig = await startSpawnerRig();
    home = rig.newHome();
    await rig.start({
      home,
      // Time for the polite one to say goodbye, also on a busy machine.
      env: { SPAWNER_KILL_AFTER_MS: '1500' },
      templates: [
        shellTemplate('polite', 'trap "echo bye; exit 0" TERM; while :; do sleep 0.05; done', {
          stop_grace_s: 0.5,
        }),
        shellTemplate('patient', 'exec sleep 600', { stop_grace_s: 600 }),
        shellTemplate('stubborn', STUBBORN, { stop_grace_s: 0 }),
      ],
    });
  });
  afterAll(() => rig.close());

  const running = async (template: string) => {
    const { spawn_id } = await rig.spawned(template);
    return rig.until(spawn_id, 'running');
  };

  it('drains the agent through its inbox first, and signals only after its grace', async () => {
    const { spawn_id, agent_id } = await running('polite');
    const askedAtMs = rig.broker.serverNowMs();
    expect(await rig.terminate(agent_id)).toMatchObject({
      payload: { spawn: { state: 'stopping', reason: 'enough' } },
    });
    const [drain] = await rig.seen(STREAMS.agentInbox(agent_id), 'agent.drain.v1');
    expect(drain?.payload).toMatchObject({ agent_id, reason: 'enough' });
    expect((drain?.payload.until_ms ?? 0) - askedAtMs).toBeGreaterThanOrEqual(500);
    const rings = await rig.seen(STREAMS.agentsDoorbell, 'inbox.rang.v1');
    expect(rings.map(({ payload }) => payload.agent_id)).toContain(agent_id);

    const stopped = await rig.until(spawn_id, 'stopped');
    expect((stopped.ended_at_ms ?? 0) - askedAtMs).toBeGreaterThanOrEqual(500);
    expect(stopped.reason).toBe('enough');
    expect(rig.log(spawn_id, home)).toContain('bye');
    expect(rig.living(spawn_id)).toEqual([]);
  });

  it('does not wait when forced, and a repeat with force cuts a polite end short', async () => {
    const forced = await running('patient');
    await rig.terminate(forced.agent_id, true);
    await rig.until(forced.spawn_id, 'stopped');

    const { spawn_id, agent_id } = await running('patient');
    await rig.terminate(agent_id);
    expect(await rig.terminate(agent_id)).toMatchObject({ payload: { spawn: { state: 'stopping' } } });
    expect(rig.living(spawn_id).length).toBeGreaterThan(0);
    await rig.terminate(agent_id, true);
    await rig.until(spawn_id, 'stopped');
    expect(await rig.terminate(agent_id, true)).toMatchObject({ payload: { spawn: { state: 'stopped' } } });
    expect(await rig.seen(STREAMS.agentInbox(agent_id), 'agent.drain.v1')).toHaveLength(1);
  });

  it('ends a whole tree that ignores signals, leaves its session and loses its parents', async () => {
    const { spawn_id, agent_id } = await running('stubborn');
    await eventually(() => expect(rig.living(spawn_id).length).toBeGreaterThanOrEqual(8));
    await rig.terminate(agent_id);
    const stopped = await rig.until(spawn_id, 'stopped');
    expect(stopped.reason).toBe('enough');
    expect(rig.living(spawn_id)).toEqual([]);
  });

  it('sweeps what an agent left behind when it ended by itself, before its record ends', async () => {
    const { spawn_id, agent_id, pid = 0 } = await running('stubborn');
    await eventually(() => expect(rig.living(spawn_id).length).toBeGreaterThanOrEqual(8));
    process.kill(pid, 'SIGKILL');
    await eventually(async () => {
      const signs = await rig.seen(STREAMS.registry, 'agent.sign.v1');
      expect(signs.some(({ payload }) => payload.agent_id === agent_id && payload.sign === 'exited')).toBe(
        true,
      );
    });
    const failed = await rig.until(spawn_id, 'failed');
    expect(failed.reason).toContain('was ended by SIGKILL by itself');
    expect(rig.living(spawn_id)).toEqual([]);
    await eventually(async () => {
      const events = await rig.seen(STREAMS.registryEvents, 'agent.failed.v1');
      expect(events.find(({ payload }) => payload.agent_id === agent_id)?.payload.certain).toBe(true);
    });
  });

  it('does not write into an inbox that does not exist, and refuses an agent it never started', async () => {
    const agentId = newAgentId(0, Date.now());
    expect(await rig.terminate(agentId)).toMatchObject({ payload: { code: 'SPAWN_UNKNOWN' } });
    const { spawn_id, agent_id } = await running('patient');
    await rig.broker.call('DEL', STREAMS.agentInbox(agent_id));
    await rig.terminate(agent_id);
    await rig.terminate(agent_id, true);
    await rig.until(spawn_id, 'stopped');
    expect(asEntries(await rig.broker.call('XRANGE', STREAMS.agentInbox(agent_id), '-', '+'))).toEqual([]);
  });

  it('carries out an order that another spawner took', async () => {
    const { spawn_id, agent_id } = await running('patient');
    const spawn = await rig.store.findByAgent(agent_id);
    if (!spawn) throw new Error('it was just started');
    const otherHome = rig.newHome();
    const other = await rig.start({ home: otherHome, env: { SPAWNER_HOST: 'elsewhere' } });
    // Both read the same stream; a few orders reach both. Each answers, the owner carries out.
    for (let count = 0; count < 6; count += 1) await rig.terminate(agent_id, count === 5);
    expect(await rig.until(spawn_id, 'stopped')).toMatchObject({ host: spawn.record.host });
    expect(rig.living(spawn_id)).toEqual([]);
    await other.stop();
  });
});
