import { type AgentId, newAgentId, newTaskId } from '@nova-torch/protocol';
import type { AssembledService } from '@nova-torch/service-kit';
import { eventually } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  deregister,
  list,
  type RegistryRig,
  released,
  sign,
  startRegistry,
  startRig,
  streams,
  types,
} from './support/registry-rig.ts';

let rig: RegistryRig;
let registry: AssembledService;

beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => {
  await rig.stop();
});

describe('an agent that falls silent', () => {
  beforeAll(async () => {
    // Idle for a second and suspect for another: long enough to be seen on a busy machine. Few long heartbeats, because
    // a registry that was held up for longer than one begins the windows anew.
    registry = await startRegistry(rig.server.url, { NOVA_HEARTBEAT_MS: '500', NOVA_FAILED_AFTER: '4' });
  });
  afterAll(() => registry.stop());

  it('joins, falls silent, is suspected, comes back, fails, and is reaped when all let go of it', async () => {
    const agent = await rig.register({ skills: ['go'], capacity: 2 });
    expect(agent).toMatchObject({
      role: 'developer',
      status: 'idle',
      capacity: 2,
      skills: [{ name: 'go', level: 1 }],
    });
    expect(types(await rig.events(agent.agent_id))).toEqual(['agent.joined.v1']);
    expect(await rig.broker.call('EXISTS', streams.agentInbox(agent.agent_id))).toBe(1);

    await eventually(async () => (await rig.get(agent.agent_id))?.status === 'suspect');
    await rig.heartbeat(agent.agent_id);
    await eventually(async () => (await rig.get(agent.agent_id))?.status === 'idle');

    await eventually(async () => (await rig.get(agent.agent_id))?.status === 'failed');
    const events = await rig.events(agent.agent_id);
    expect(types(events)).toEqual([
      'agent.joined.v1',
      'agent.suspect.v1',
      'agent.updated.v1',
      'agent.suspect.v1',
      'agent.failed.v1',
    ]);
    expect(events.at(-1)?.payload).toMatchObject({
      certain: false,
      reason: expect.stringContaining('no heartbeat'),
    });

    await rig.send(released(agent.agent_id, 'collaboration'));
    await rig.send(released(agent.agent_id, 'collaboration'));
    await rig.get(agent.agent_id);
    expect(await rig.broker.call('EXISTS', streams.agentInbox(agent.agent_id))).toBe(1);
    await rig.send(released(agent.agent_id, 'task-router'));
    expect(await eventually(async () => (await rig.get(agent.agent_id)) === undefined)).toBe(true);
    expect(types(await rig.events(agent.agent_id)).at(-1)).toBe('agent.reaped.v1');
    expect(await rig.broker.call('EXISTS', streams.agentInbox(agent.agent_id))).toBe(0);
    const left = await rig.broker.call('KEYS', `*${agent.agent_id}*`);
    expect(left).toEqual([]);
  });
});

describe('the life of an agent', () => {
  // Nothing here falls silent, however slowly it runs.
  beforeAll(async () => {
    registry = await startRegistry(rig.server.url, {
      NOVA_HEARTBEAT_MS: '60000',
      NOVA_CLOSED_WINDOW_MS: '2500',
    });
  });
  afterAll(() => registry.stop());

  it('shows by its heartbeats what an agent does, and says so only when it changed', async () => {
    const agent = await rig.register({ capacity: 2 });
    const tasks = [newTaskId(0, Date.now()), newTaskId(0, Date.now())];
    const seen: string[] = [];
    const told: [typeof tasks, boolean][] = [
      [tasks.slice(0, 1), false],
      [tasks, false],
      [tasks, false],
      [tasks.slice(1), true],
      [[], false],
    ];
    for (const [current, draining] of told) {
      await rig.heartbeat(agent.agent_id, current, draining);
      seen.push((await rig.get(agent.agent_id))?.status ?? '');
    }
    expect(seen).toEqual(['active', 'busy', 'busy', 'draining', 'idle']);
    const versions = (await rig.events(agent.agent_id)).map((event) =>
      event.type === 'agent.updated.v1' ? event.payload.agent.version - agent.version : 0,
    );
    expect(versions).toEqual([0, 1, 2, 3, 4]);
  });

  it('believes an exit at once, and a closed session after its short window', async () => {
    const exited = await rig.register();
    await rig.send(sign(exited.agent_id, 'exited', 'exit code 137'));
    // A sign whose record was changed meanwhile by somebody else is handled again a moment later.
    await eventually(async () => (await rig.get(exited.agent_id))?.status === 'failed');
    expect((await rig.events(exited.agent_id)).at(-1)).toMatchObject({
      type: 'agent.failed.v1',
      payload: { certain: true, reason: 'exited: exit code 137' },
    });

    const closed = await rig.register();
    await rig.send(sign(closed.agent_id, 'session_closed'));
    expect((await rig.get(closed.agent_id))?.status).toBe('suspect');
    await rig.heartbeat(closed.agent_id);
    expect((await rig.get(closed.agent_id))?.status).toBe('idle');
    await rig.send(sign(closed.agent_id, 'session_closed'));
    const since = performance.now();
    await eventually(async () => (await rig.get(closed.agent_id))?.status === 'failed');
    expect(performance.now() - since).toBeLessThan(30_000);
    expect((await rig.events(closed.agent_id)).at(-1)?.payload).toMatchObject({ certain: false });
    await rig.send(sign(closed.agent_id, 'exited'));
    await rig.get(closed.agent_id);
    expect((await rig.events(closed.agent_id)).at(-1)?.payload).toMatchObject({ certain: true });
  });

  it('takes many sessions that close at once for a door that fell shut, not for deaths', async () => {
    const agents = await Promise.all(Array.from({ length: 12 }, () => rig.register()));
    await Promise.all(agents.map(({ agent_id }) => rig.send(sign(agent_id, 'session_closed'))));
    const suspects = async (): Promise<number> => {
      const records = await Promise.all(agents.map(({ agent_id }) => rig.get(agent_id)));
      return records.filter((record) => record?.status === 'suspect').length;
    };
    const due = async (agentId: AgentId): Promise<number> =>
      Number(await rig.broker.call('ZSCORE', '{nova.torch}:registry:due', agentId));
    // Three heartbeats of a minute instead of the short window.
    await eventually(
      async () => {
        const dues = await Promise.all(agents.map(({ agent_id }) => due(agent_id)));
        return dues.every((dueMs) => dueMs > rig.broker.serverNowMs() + 100_000) && (await suspects()) === 12;
      },
      { timeoutMs: 20_000 },
    );
    const last = await Promise.all(
      agents.map(async ({ agent_id }) => (await rig.events(agent_id)).at(-1)?.type),
    );
    expect(new Set(last)).toEqual(new Set(['agent.suspect.v1']));
    for (const { agent_id } of agents) await rig.heartbeat(agent_id);
    const statuses = await Promise.all(agents.map(async ({ agent_id }) => (await rig.get(agent_id))?.status));
    expect(new Set(statuses)).toEqual(new Set(['idle']));
  });

  it('leaves in order, and is told when it speaks afterwards', async () => {
    const agent = await rig.register();
    const answer = await rig.ask(deregister(agent.agent_id, 'shift is over'));
    expect(answer).toMatchObject({ type: 'agent.state.v1', payload: { agent: { status: 'offline' } } });
    expect(await rig.ask(deregister(agent.agent_id))).toMatchObject({ type: 'agent.state.v1' });
    expect(types(await rig.events(agent.agent_id))).toEqual(['agent.joined.v1', 'agent.left.v1']);

    await rig.heartbeat(agent.agent_id);
    await rig.get(agent.agent_id);
    const [gone] = await rig.inbox(agent.agent_id);
    expect(gone).toMatchObject({ type: 'agent.gone.v1', payload: { reason: 'left: shift is over' } });
    expect(await rig.broker.call('XLEN', streams.agentsDoorbell)).toBe(1);

    const unknown = newAgentId(0, Date.now());
    await rig.heartbeat(unknown);
    expect(await rig.ask(deregister(unknown))).toMatchObject({
      type: 'request.refused.v1',
      payload: { code: 'AGENT_UNKNOWN' },
    });
    expect(await rig.broker.call('EXISTS', streams.agentInbox(unknown))).toBe(0);
  });

  it('comes back under its id with its inbox, and what was released before counts no more', async () => {
    const agent = await rig.register();
    await rig.ask(deregister(agent.agent_id));
    await rig.send(released(agent.agent_id, 'task-router'));
    await rig.heartbeat(agent.agent_id);
    const again = await rig.register({ agent_id: agent.agent_id, role: 'qa' });
    expect(again).toMatchObject({ agent_id: agent.agent_id, role: 'qa', status: 'idle' });
    expect(again.version).toBeGreaterThan(agent.version);
    expect(types(await rig.inbox(agent.agent_id))).toEqual(['agent.gone.v1']);
    await rig.send(released(agent.agent_id, 'collaboration'));
    expect((await rig.get(agent.agent_id))?.status).toBe('idle');
    await rig.ask(deregister(agent.agent_id));
    await rig.send(released(agent.agent_id, 'collaboration'));
    expect((await rig.get(agent.agent_id))?.status).toBe('offline');
    await rig.send(released(agent.agent_id, 'task-router'));
    await eventually(async () => (await rig.get(agent.agent_id)) === undefined);
  });

  it('refuses an id of another partition and the id of an agent that lives elsewhere', async () => {
    await expect(rig.register({ agent_id: newAgentId(1, Date.now()) })).rejects.toThrow('VALIDATION');
    const agent = await rig.register({ host: 'alpha' });
    await expect(rig.register({ agent_id: agent.agent_id, host: 'beta' })).rejects.toThrow('AGENT_ID_TAKEN');
  });

  it('answers a question with a wrong cursor or type', async () => {
    expect(await rig.ask(list({ cursor: 'x' }))).toMatchObject({ payload: { code: 'CURSOR_INVALID' } });
  });
});
