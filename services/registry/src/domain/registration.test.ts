import { AgentRegistration, newAgentId, newSpawnId, newTaskId, newUuid } from '@nova-torch/protocol';
import { describe, expect, it } from 'vitest';
import { type Agent, publicRecord } from './agent.ts';
import { matches } from './agent-filter.ts';
import { isReleaseOf, leave } from './departure.ts';
import { digestOf, digestOfBeat, hear, statusOf } from './heartbeat.ts';
import { countAttempts, performanceOf } from './performance.ts';
import { register } from './registration.ts';

const NOW = 1_700_000_000_000;
const agentId = newAgentId(0, NOW);

function join(before: Agent | undefined, told: object, nowMs = NOW, by = newUuid(nowMs)) {
  return register(before, {
    agentId,
    registration: AgentRegistration.parse({ role: 'developer', ...told }),
    by,
    nowMs,
  });
}

function joined(before: Agent | undefined, told: object = {}, nowMs = NOW): Agent {
  const result = join(before, told, nowMs);
  if (result.kind !== 'joined') throw new Error(result.kind);
  return result.change.after;
}

describe('registration', () => {
  it('makes an idle record with a version that rises also over a lost one', () => {
    const agent = joined(undefined, { skills: ['go', { name: 'sql', level: 0.5 }], capacity: 3 });
    expect(publicRecord(agent)).toMatchObject({
      agent_id: agentId,
      status: 'idle',
      skills: [
        { name: 'go', level: 1 },
        { name: 'sql', level: 0.5 },
      ],
      last_heartbeat: NOW / 1000,
      version: NOW,
      performance: { tasks_completed: 0, success_rate: 1, avg_completion_time: 0 },
    });
  });

  it('renews a record, also of an agent that is gone, and keeps its performance', () => {
    const first = joined(undefined);
    const counted = countAttempts(first, [
      { taskId: newTaskId(0, NOW), epoch: 1, completed: true, seconds: 4 },
      { taskId: newTaskId(0, NOW), epoch: 1, completed: false, seconds: 0 },
    ]);
    if (counted === undefined) throw new Error('nothing counted');
    const left = leave(counted.after, 'done', NOW + 10);
    if (left === undefined) throw new Error('not left');
    expect(left.after.record.status).toBe('offline');
    const again = joined(left.after, { role: 'qa' }, NOW + 20);
    expect(again.record).toMatchObject({
      role: 'qa',
      status: 'idle',
      version: NOW + 3,
      performance: { tasks_completed: 1, success_rate: 0.5, avg_completion_time: 4 },
    });
    expect(again.state.departure).toBe(undefined);
  });

  it('does nothing for the very same registration', () => {
    const by = newUuid(NOW);
    const first = join(undefined, {}, NOW, by);
    if (first.kind !== 'joined') throw new Error(first.kind);
    expect(join(first.change.after, {}, NOW + 5, by)).toEqual({
      kind: 'repeated',
      agent: first.change.after,
    });
  });

  it('refuses the id of an agent that lives elsewhere', () => {
    const spawn = newSpawnId(0, NOW);
    const spawned = joined(undefined, { spawn_id: spawn, host: 'a' });
    expect(join(spawned, { spawn_id: newSpawnId(0, NOW), host: 'a' }).kind).toBe('taken');
    expect(join(spawned, { spawn_id: spawn, host: 'b' }).kind).toBe('joined');
    const hosted = joined(undefined, { host: 'a' });
    expect(join(hosted, { host: 'b' }).kind).toBe('taken');
    expect(join(hosted, { host: 'a' }).kind).toBe('joined');
    expect(join(hosted, {}).kind).toBe('joined');
    const silent: Agent = { ...hosted, record: { ...hosted.record, status: 'suspect' } };
    expect(join(silent, { host: 'b' }).kind).toBe('joined');
  });
});

describe('heartbeats', () => {
  it('shows by its tasks how busy an agent is', () => {
    expect(statusOf(0, 2, false)).toBe('idle');
    expect(statusOf(1, 2, false)).toBe('active');
    expect(statusOf(2, 2, false)).toBe('busy');
    expect(statusOf(0, 2, true)).toBe('draining');
  });

  it('changes the record only when more than the time is new', () => {
    const agent = joined(undefined, { capacity: 2 });
    const tasks = [newTaskId(0, NOW), newTaskId(0, NOW)];
    expect(hear(agent, { currentTasks: [], draining: false, atMs: NOW + 1 })).toEqual({
      kind: 'time',
      heardMs: NOW + 1,
    });
    const busy = hear(agent, { currentTasks: tasks, draining: false, atMs: NOW + 2 });
    if (busy.kind !== 'change') throw new Error(busy.kind);
    expect(busy.change.after.record).toMatchObject({ status: 'busy', version: NOW + 1 });
    const reordered = { currentTasks: tasks.toReversed(), draining: false, atMs: NOW + 3 };
    expect(hear(busy.change.after, reordered).kind).toBe('time');
    expect(digestOf(busy.change.after)).toBe(digestOfBeat(reordered));
    expect(digestOf(agent)).not.toBe(digestOfBeat(reordered));
    const other = { ...reordered, currentTasks: [tasks[0] ?? newTaskId(0, NOW), newTaskId(0, NOW)] };
    expect(hear(busy.change.after, other).kind).toBe('change');
    expect(hear(busy.change.after, { ...other, atMs: NOW + 1 }).kind).toBe('stale');
    expect(hear(agent, { ...other, atMs: NOW - 1 }).kind).toBe('stale');
  });

  it('changes nothing of an agent that is gone, and tells those that speak after it', () => {
    const left = leave(joined(undefined), 'bye', NOW + 100);
    if (left === undefined) throw new Error('not left');
    const beat = { currentTasks: [], draining: false };
    expect(hear(left.after, { ...beat, atMs: NOW + 99 })).toEqual({ kind: 'stale' });
    expect(hear(left.after, { ...beat, atMs: NOW + 101 })).toEqual({ kind: 'gone', reason: 'left: bye' });
    expect(leave(left.after, 'again', NOW + 102)).toBe(undefined);
    expect(digestOf(left.after)).toBe('');
    expect(isReleaseOf(left.after, NOW + 50)).toBe(true);
    expect(isReleaseOf(left.after, NOW - 5_000)).toBe(false);
    expect(isReleaseOf(joined(left.after), NOW + 200)).toBe(false);
  });
});

describe('filter and performance', () => {
  it('wants every skill', () => {
    const { record } = joined(undefined, { skills: ['go', 'sql'] });
    expect(matches(record, {})).toBe(true);
    expect(matches(record, { role: 'developer', skills: ['sql', 'go'], status: 'idle' })).toBe(true);
    expect(matches(record, { skills: ['sql', 'rust'] })).toBe(false);
    expect(matches(record, { role: 'qa' })).toBe(false);
    expect(matches(record, { status: 'busy' })).toBe(false);
  });

  it('counts nothing when nothing is new', () => {
    expect(countAttempts(joined(undefined), [])).toBe(undefined);
    expect(performanceOf({ completed: 3, failed: 1, seconds: 6 })).toEqual({
      tasks_completed: 3,
      success_rate: 0.75,
      avg_completion_time: 2,
    });
  });
});
