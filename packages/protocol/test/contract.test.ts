import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AgentRegistration,
  codec,
  declareStream,
  ERRORS,
  errorRow,
  isHeld,
  isLegalTransition,
  isTerminal,
  mayTakeTasks,
  NovaError,
  newAgentId,
  newMessage,
  newMessageId,
  newSpawnId,
  newTaskId,
  newUuid,
  ownedKeys,
  partitionOf,
  streamKeys,
  TASK_STATES,
  TASK_TRANSITIONS,
  TaskGetV1,
  TaskId,
  TaskSpec,
  tagOf,
} from '../src/index.ts';

describe('ids', () => {
  it('carry partition and time, and sort by time', () => {
    const earlier = newTaskId(3, 1_763_683_200_000);
    const later = newTaskId(3, 1_763_683_200_001);
    expect(TaskId.parse(earlier)).toBe(earlier);
    expect(partitionOf(earlier)).toBe(3);
    expect(earlier < later).toBe(true);
    expect([newAgentId(0, 1), newMessageId(0, 1), newSpawnId(0, 1)].map((id) => id.split('-')[0])).toEqual([
      'agent',
      'msg',
      'spawn',
    ]);
  });

  it('made in one millisecond are in order too', () => {
    const ids = Array.from({ length: 2_000 }, () => newTaskId(0, 1_763_683_200_007));
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('are UUIDs of version 7 that keep their millisecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (ms) => {
        const uuid = newUuid(ms);
        expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16)).toBe(ms);
      }),
    );
  });
});

describe('names on the wire', () => {
  it('are those of the plans, with the tag in braces', () => {
    const keys = streamKeys(0);
    expect(keys.tasksQueue).toBe('{nova.torch}.tasks.queue');
    expect(keys.agentInbox(newAgentId(0, 1))).toMatch(/^\{nova\.torch\}\.agents\.direct\.agent-0-/);
    expect(keys.replies('gateway-1')).toBe('{nova.torch}.replies.gateway-1');
    expect(tagOf(2)).toBe('{nova.torch:2}');
    expect(ownedKeys(0, 'registry')).toBe('{nova.torch}:registry');
  });

  it('declare groups for work streams only', () => {
    expect(declareStream(0, 'tasksQueue')).toMatchObject({ kind: 'work', groups: ['task-router'] });
    expect(declareStream(1, 'tasksActive')).toMatchObject({
      key: '{nova.torch:1}.tasks.active',
      kind: 'feed',
      groups: [],
    });
  });
});

describe('task states', () => {
  it('can all be reached, and every one that is not terminal can be left', () => {
    const reached = new Set<string>(['none']);
    for (let size = 0; size !== reached.size; ) {
      size = reached.size;
      for (const { from, to } of TASK_TRANSITIONS) if (reached.has(from)) reached.add(to);
    }
    expect([...reached].sort()).toEqual(['none', ...TASK_STATES].sort());
    for (const state of TASK_STATES) {
      if (!isTerminal(state)) expect(isLegalTransition(state, 'cancelled')).toBe(true);
    }
  });

  it('never lead out of completed, nor from waiting straight to completed', () => {
    for (const to of TASK_STATES) expect(isLegalTransition('completed', to)).toBe(false);
    for (const from of ['none', 'blocked', 'scheduled', 'ready', 'assigned', 'running'] as const) {
      expect(isLegalTransition(from, 'completed')).toBe(false);
    }
    expect(TASK_STATES.filter(isHeld)).toEqual(['assigned', 'running']);
  });
});

describe('errors', () => {
  it('have unique codes, a client or server status, and a hint', () => {
    expect(new Set(ERRORS.map(({ code }) => code)).size).toBe(ERRORS.length);
    for (const { status, hint } of ERRORS) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(hint.length).toBeGreaterThan(10);
    }
    expect(errorRow('TASK_UNKNOWN').status).toBe(404);
    expect(new NovaError('VALIDATION', 'no title', { field: 'title', cause: new Error('x') })).toMatchObject({
      code: 'VALIDATION',
      field: 'title',
      message: 'no title',
    });
  });
});

describe('what people write', () => {
  it('gets every default of a task, and strangers are refused', () => {
    expect(TaskSpec.parse({ title: 'x' })).toMatchObject({
      priority: 'normal',
      max_retries: 3,
      pool: 'default',
    });
    expect(TaskSpec.safeParse({ title: 'x', titel: 'y' }).success).toBe(false);
    expect(TaskSpec.safeParse({ title: '' }).success).toBe(false);
    expect(TaskSpec.safeParse({ title: 'x', ttl: -1 }).success).toBe(false);
    expect(TaskSpec.safeParse({ title: 'x', role: 'Role With Spaces' }).success).toBe(false);
  });

  it('may name skills with or without a level', () => {
    const { skills } = AgentRegistration.parse({ role: 'qa', skills: ['jest', { name: 'go', level: 0.5 }] });
    expect(skills).toEqual([
      { name: 'jest', level: 1 },
      { name: 'go', level: 0.5 },
    ]);
    expect(mayTakeTasks('idle')).toBe(true);
    expect(mayTakeTasks('draining')).toBe(false);
  });
});

describe('the codec', () => {
  const task_id = newTaskId(0, 1);
  const message = newMessage(
    TaskGetV1,
    { task_id, history: false },
    {
      sender: 'test',
      target: 'task-router',
      nowMs: 1_000,
      correlation_id: undefined,
      traceparent: undefined,
    },
  );

  it('leaves out what is not set', () => {
    expect(Object.keys(message)).not.toContain('correlation_id');
    expect(codec.decode(codec.encode(message))).toEqual({ ok: true, message });
  });

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(codec.decode(text).ok).toBe(false);
      }),
    );
  });

  it('names what is wrong', () => {
    expect(codec.decode('{')).toMatchObject({ ok: false, error: expect.stringContaining('not JSON') });
    expect(codec.decode('7')).toMatchObject({ ok: false, partial: {} });
    expect(codec.decode(JSON.stringify({ ...message, type: 'task.sung.v1' }))).toMatchObject({
      ok: false,
      error: 'type: task.sung.v1 is not in the catalog',
    });
    expect(codec.decode(JSON.stringify({ ...message, payload: { task_id: 'x' } }))).toMatchObject({
      ok: false,
      error: expect.stringContaining('payload.task_id'),
      partial: { id: message.id },
    });
  });
});
