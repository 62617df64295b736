// A spawner that is killed ends no paid work, starts nothing twice and leaves nothing behind. Spawner and registry are
// processes of their own here.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AgentSpawnV1,
  codec,
  newAgentId,
  newMessage,
  newSpawnId,
  type SpawnId,
  streamKeys,
} from '@nova-torch/protocol';
import { createProducer } from '@nova-torch/streams';
import { bareEnvironment, eventually } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newSpawn } from '../src/domain/spawn.ts';
import { isSameProcess, readEnvironment, startOf } from '../src/runtime/process-table.ts';
import { HOST_ENTRY, type SpawnerRig, shellTemplate, startSpawnerRig } from './support/spawner-rig.ts';
import { writeTemplates } from './support/write-templates.ts';

const STREAMS = streamKeys(0);
const NO_LIMIT = { totalMax: 1_000, templateMax: 1_000 };
const LONG_AGO_MS = 3_600_000;

describe('a spawner that is killed', { timeout: 120_000 }, () => {
  let rig: SpawnerRig;
  let files: string;

  beforeAll(async () => {
    files = mkdtempSync(join(tmpdir(), 'nova-torch-crashes-'));
    const templates = [
      shellTemplate('paid', 'while :; do echo working; sleep 0.05; done', {
        stop_grace_s: 1,
        max_instances: 100,
      }),
      shellTemplate('slow-to-end', 'exec sleep 600', { stop_grace_s: 3 }),
      shellTemplate('untidy', 'setsid sleep 300 & while :; do sleep 0.1; done', { stop_grace_s: 0 }),
    ];
    rig = await startSpawnerRig({
      services: ['registry', 'spawner'],
      envOf: {
        spawner: {
          NOVA_TEMPLATES: writeTemplates(files, templates),
          NOVA_CLI_ENTRY: HOST_ENTRY,
          SPAWNER_ON_STOP: 'leave',
          SPAWNER_KILL_AFTER_MS: '300',
        },
      },
    });
  });
  afterAll(async () => {
    await rig.close();
    rmSync(files, { recursive: true, force: true });
  });

  const kill9 = () => rig.platform.kill9('spawner');
  const restart = () => rig.platform.restart('spawner');
  const owner = () => readFileSync(join(rig.platform.home, 'spawner/0.owner'), 'utf8');
  const logFile = (spawnId: SpawnId) => join(rig.platform.home, 'logs/agents', `${spawnId}.log`);
  const running = async (template: string) => {
    const { spawn_id } = await rig.spawned(template);
    return rig.until(spawn_id, 'running');
  };
  /** Waits until a spawner has found the agent of another: one that is ready may still be looking. */
  const adopted = (spawnId: SpawnId) =>
    eventually(() => {
      const adoptions = rig.platform.logs('spawner').filter(({ msg }) => msg === 'agent adopted');
      expect(adoptions.map(({ spawn_id }) => spawn_id)).toContain(spawnId);
    });
  const endAll = async (...ids: SpawnId[]) => {
    for (const id of ids) {
      const spawn = await rig.store.get(id);
      if (spawn) await rig.terminate(spawn.record.agent_id, true);
    }
    for (const id of ids) await rig.until(id, 'stopped', 'failed');
    expect(ids.flatMap((id) => rig.living(id))).toEqual([]);
  };
  const intend = async (requestedAtMs: number) => {
    const ids = { spawn_id: newSpawnId(0, Date.now()), agent_id: newAgentId(0, Date.now()) };
    const request = {
      ...ids,
      template: 'paid',
      role: 'developer',
      stop_grace_s: 1,
      requested_by: 'test',
      host: 'here',
    };
    await rig.store.begin(newSpawn({ ...request, owner: owner() }, requestedAtMs), NO_LIMIT);
    return ids;
  };

  it('lets paid work go on; the next one adopts it and can end it', async () => {
    const { spawn_id, agent_id, pid = 0, pid_start = '' } = await running('paid');
    await kill9();
    const sizeThen = statSync(logFile(spawn_id)).size;
    await eventually(() => statSync(logFile(spawn_id)).size > sizeThen + 50);
    expect(isSameProcess(pid, pid_start)).toBe(true);

    await restart();
    const supervisor = JSON.parse(readFileSync(join(rig.platform.home, 'spawner/0.json'), 'utf8'));
    expect(supervisor.pid).toBe(rig.platform.service('spawner').pid);
    await adopted(spawn_id);
    expect(await rig.until(spawn_id, 'running')).toMatchObject({ pid, pid_start });
    expect(rig.hosts(spawn_id)).toEqual([pid]);
    await rig.terminate(agent_id);
    expect(await rig.until(spawn_id, 'stopped')).toMatchObject({ reason: 'enough' });
    expect(rig.living(spawn_id)).toEqual([]);
  });

  it('sees the end of an agent it adopted, and reports it', async () => {
    const { spawn_id, agent_id, pid = 0 } = await running('paid');
    await kill9();
    await restart();
    await adopted(spawn_id);
    process.kill(pid, 'SIGKILL');
    const failed = await rig.until(spawn_id, 'failed');
    expect(failed.reason).toContain('exit code unknown');
    const signs = await rig.seen(STREAMS.registry, 'agent.sign.v1');
    expect(signs.map(({ payload }) => payload.agent_id)).toContain(agent_id);
    expect(rig.living(spawn_id)).toEqual([]);
  });

  it('reports what ended while there was no spawner, and sweeps what it left behind', async () => {
    const { spawn_id, agent_id, pid = 0, pid_start = '' } = await running('untidy');
    await kill9();
    process.kill(pid, 'SIGKILL');
    await eventually(() => !isSameProcess(pid, pid_start));
    expect(rig.living(spawn_id).length).toBeGreaterThan(0);
    await restart();
    await rig.until(spawn_id, 'failed');
    expect(rig.living(spawn_id)).toEqual([]);
    const signs = await rig.seen(STREAMS.registry, 'agent.sign.v1');
    expect(signs.map(({ payload }) => payload.agent_id)).toContain(agent_id);
  });

  it('starts what was only intended when it was killed, unless that is too long ago', async () => {
    await kill9();
    const fresh = await intend(rig.broker.serverNowMs());
    const stale = await intend(rig.broker.serverNowMs() - LONG_AGO_MS);
    await restart();
    expect(await rig.until(fresh.spawn_id, 'running')).toMatchObject({ agent_id: fresh.agent_id });
    const failed = await rig.until(stale.spawn_id, 'failed');
    expect(failed.reason).toContain('interrupted');
    expect(rig.hosts(stale.spawn_id)).toEqual([]);
    await endAll(fresh.spawn_id);
  });

  it('adopts what it started right before it was killed, and starts no second one', async () => {
    await kill9();
    const { spawn_id, agent_id } = await intend(rig.broker.serverNowMs());
    mkdirSync(join(rig.platform.home, 'logs/agents'), { recursive: true });
    writeFileSync(logFile(spawn_id), '');
    const host = spawn(
      process.execPath,
      ['--conditions=source', HOST_ENTRY, '--role', 'developer', '--', 'sleep', '600'],
      {
        detached: true,
        stdio: 'ignore',
        env: {
          ...bareEnvironment(),
          NOVA_HOME: rig.platform.home,
          NOVA_BROKER_URL: rig.platform.brokerUrl,
          NOVA_SUPERVISOR_FILE: join(rig.platform.home, 'spawner/0.json'),
          NOVA_SPAWN_ID: spawn_id,
          NOVA_AGENT_ID: agent_id,
        },
      },
    );
    const pidStart = startOf(host.pid ?? 0);
    await restart();
    expect(await rig.until(spawn_id, 'running')).toMatchObject({ pid: host.pid, pid_start: pidStart });
    expect(rig.hosts(spawn_id)).toEqual([host.pid]);
    await endAll(spawn_id);
  });

  it('goes on with an end it was in the middle of', async () => {
    const { spawn_id, agent_id } = await running('slow-to-end');
    await rig.terminate(agent_id);
    await kill9();
    expect(await rig.until(spawn_id, 'stopping')).toMatchObject({ reason: 'enough' });
    await restart();
    await rig.until(spawn_id, 'stopped');
    expect(rig.living(spawn_id)).toEqual([]);
  });

  it('never has two processes for one spawn id, whenever it is killed', async () => {
    const producer = createProducer(rig.broker, codec);
    const ids: SpawnId[] = [];
    for (const killAfterMs of [0, 3, 6, 10, 20]) {
      const batch = [1, 2].map(() => newSpawnId(0, Date.now()));
      ids.push(...batch);
      for (const spawn_id of batch) {
        const fields = { sender: 'nobody', target: 'spawner', nowMs: rig.broker.serverNowMs() };
        const request = newMessage(
          AgentSpawnV1,
          { spawn_id, template: 'paid', requested_by: 'test' },
          fields,
        );
        await producer.publish(STREAMS.agentsSpawning, request);
      }
      // The moment is the point: it falls somewhere between the request and the recorded process.
      await new Promise((resolve) => setTimeout(resolve, killAfterMs));
      await kill9();
      await restart();
    }
    for (const id of ids) await rig.until(id, 'running');
    expect(ids.map((id) => rig.hosts(id).length)).toEqual(ids.map(() => 1));
    await endAll(...ids);
  }, 120_000);

  it('gives living agents a record again when the broker has lost it', async () => {
    const { spawn_id, agent_id, pid } = await running('paid');
    await rig.platform.broker.flush();
    const again = await rig.until(spawn_id, 'running');
    expect(again).toMatchObject({
      pid,
      agent_id,
      template: 'paid',
      role: 'developer',
      requested_by: 'spawner',
    });
    expect(rig.hosts(spawn_id)).toEqual([pid]);
    await endAll(spawn_id);
  });

  it('ends stragglers of what has ended, and leaves alone what is not of this home', async () => {
    const ended = await running('paid');
    await endAll(ended.spawn_id);
    const start = (spawnId: string) =>
      spawn('sleep', ['600'], {
        detached: true,
        stdio: 'ignore',
        env: { PATH: process.env.PATH, NOVA_SPAWN_ID: spawnId },
      });
    const foreign = start(newSpawnId(0, Date.now()));
    const straggler = start(ended.spawn_id);
    const { pid = 0 } = straggler;
    const pidStart = startOf(pid) ?? '';
    await eventually(() => !isSameProcess(pid, pidStart));
    expect(readEnvironment(foreign.pid ?? 0)?.has('NOVA_SPAWN_ID')).toBe(true);
    foreign.kill('SIGKILL');
  });

  it('stopped properly, leaves its agents to the next one', async () => {
    const { spawn_id, pid = 0, pid_start = '' } = await running('paid');
    await rig.platform.service('spawner').stop();
    expect(isSameProcess(pid, pid_start)).toBe(true);
    await restart();
    expect(await rig.until(spawn_id, 'running')).toMatchObject({ pid });
    await endAll(spawn_id);
  });
});
