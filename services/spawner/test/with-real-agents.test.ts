// The whole path with the real agent host: a task is done, outlives the death of the spawner, moves at once when its
// agent dies, and nothing is left when no spawner comes back.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  codec,
  newMessage,
  newTaskId,
  streamKeys,
  type TaskId,
  TaskSpec,
  TaskSubmittedV1,
} from '@nova-torch/protocol';
import { createProducer } from '@nova-torch/streams';
import { eventually } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isSameProcess } from '../src/runtime/process-table.ts';
import { type SpawnerRig, shellTemplate, startSpawnerRig } from './support/spawner-rig.ts';
import { writeTemplates } from './support/write-templates.ts';

const STREAMS = streamKeys(0);
/** Works until told, however long the machine takes for the rest; what it started beside itself is part of it. */
const WORK = 'cat > /dev/null; setsid sleep 600 & while [ ! -e "$GO" ]; do sleep 0.1; done; kill %1; exit 0';

describe('with real agents', { timeout: 120_000 }, () => {
  let rig: SpawnerRig;
  let files: string;
  let go: string;

  beforeAll(async () => {
    files = mkdtempSync(join(tmpdir(), 'nova-torch-agents-'));
    go = join(files, 'go');
    const templates = [
      shellTemplate('worker', WORK, { skills: ['work'], env: { GO: go }, stop_grace_s: 2 }),
      shellTemplate('mover', WORK, { skills: ['move'], env: { GO: go }, stop_grace_s: 2 }),
      shellTemplate('quick', 'cat > /dev/null; exit 0', { skills: ['quick'] }),
    ];
    rig = await startSpawnerRig({
      services: ['registry', 'task-router', 'spawner'],
      env: { NOVA_HEARTBEAT_MS: '5000' },
      envOf: {
        spawner: {
          NOVA_TEMPLATES: writeTemplates(files, templates),
          NOVA_ORPHAN_GRACE_MS: '3000',
          SPAWNER_ON_STOP: 'leave',
        },
      },
    });
  }, 120_000);
  afterAll(async () => {
    await rig.close();
    rmSync(files, { recursive: true, force: true });
  });

  const running = async (template: string) => {
    const { spawn_id } = await rig.spawned(template);
    return rig.until(spawn_id, 'running');
  };
  const submit = async (skill: string) => {
    const taskId = newTaskId(0, Date.now());
    const spec = TaskSpec.parse({ title: `needs ${skill}`, required_skills: [skill] });
    const fields = { sender: 'test', target: 'task-router', nowMs: rig.broker.serverNowMs() };
    const message = newMessage(
      TaskSubmittedV1,
      { task_id: taskId, spec, submitter: 'test', answer: false },
      fields,
    );
    await createProducer(rig.broker, codec).publish(STREAMS.tasksQueue, message);
    return taskId;
  };
  const changesOf = async (taskId: TaskId) =>
    (await rig.seen(STREAMS.tasksActive, 'task.changed.v1')).flatMap(({ payload }) =>
      payload.changes.filter(({ task_id }) => task_id === taskId),
    );
  const reached = (taskId: TaskId, state: string, attempt = 1) =>
    eventually(
      async () => {
        const change = (await changesOf(taskId)).find((one) => one.to === state && one.attempt >= attempt);
        if (!change) throw new Error(JSON.stringify((await changesOf(taskId)).map(({ to }) => to)));
        return change;
      },
      { timeoutMs: 20_000 },
    );

  it('starts an agent that does a task, and ends when asked', async () => {
    const agent = await running('quick');
    const taskId = await submit('quick');
    expect(await reached(taskId, 'completed')).toMatchObject({ agent_id: agent.agent_id, attempt: 1 });
    await rig.terminate(agent.agent_id);
    expect(await rig.until(agent.spawn_id, 'stopped')).toMatchObject({ exit_code: 0, reason: 'enough' });
    expect(rig.living(agent.spawn_id)).toEqual([]);
  });

  it('moves the task of an agent that died to another at once, and sweeps what it ran', async () => {
    const [first, second] = [await running('mover'), await running('mover')];
    const taskId = await submit('move');
    const { agent_id } = await reached(taskId, 'running');
    const [holder, other] = agent_id === first.agent_id ? [first, second] : [second, first];
    await eventually(() => expect(rig.living(holder.spawn_id).length).toBeGreaterThan(3));
    process.kill(holder.pid ?? 0, 'SIGKILL');
    const killedAtMs = rig.broker.serverNowMs();
    const moved = await reached(taskId, 'assigned', 2);
    expect(moved.agent_id).toBe(other.agent_id);
    // The promise is 1.5 s. By its silence alone it would be taken for dead after 10 s at the earliest.
    expect(moved.at_ms - killedAtMs).toBeLessThan(5_000);
    await rig.until(holder.spawn_id, 'failed');
    expect(rig.living(holder.spawn_id)).toEqual([]);
    await rig.terminate(other.agent_id, true);
    await rig.until(other.spawn_id, 'stopped');
    expect(rig.living(other.spawn_id)).toEqual([]);
  });

  it('lets paid work outlive its spawner: adopted in time, or finished and ended without one', async () => {
    const agent = await running('worker');
    const taskId = await submit('work');
    await reached(taskId, 'running');
    await rig.platform.kill9('spawner');
    await rig.platform.restart('spawner');
    await eventually(() =>
      expect(rig.platform.logs('spawner').map(({ msg }) => msg)).toContain('agent adopted'),
    );
    expect(await rig.until(agent.spawn_id, 'running')).toMatchObject({ pid: agent.pid });

    await rig.platform.kill9('spawner');
    // For longer than the grace: the host drains, and finishes what it runs.
    await eventually(
      async () => {
        const updates = await rig.seen(STREAMS.registryEvents, 'agent.updated.v1');
        const ours = updates.filter(({ payload }) => payload.agent.agent_id === agent.agent_id);
        expect(ours.map(({ payload }) => payload.agent.status)).toContain('draining');
      },
      { timeoutMs: 20_000 },
    );
    expect(isSameProcess(agent.pid ?? 0, agent.pid_start ?? '')).toBe(true);
    writeFileSync(go, '');
    expect(await reached(taskId, 'completed')).toMatchObject({ agent_id: agent.agent_id, attempt: 1 });
    await eventually(() => expect(rig.living(agent.spawn_id)).toEqual([]), { timeoutMs: 15_000 });

    await rig.platform.restart('spawner');
    await rig.until(agent.spawn_id, 'failed', 'stopped');
  });
});
