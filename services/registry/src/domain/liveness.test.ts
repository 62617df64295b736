import { AgentRegistration, newAgentId, newTaskId, newUuid, type TaskId } from '@nova-torch/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Agent } from './agent.ts';
import { leave, readSign } from './departure.ts';
import { digestOf, digestOfBeat, hear } from './heartbeat.ts';
import {
  areManyClosed,
  dueMs,
  entryMs,
  heardUpToMs,
  judge,
  type Listening,
  type LivenessSettings,
} from './liveness.ts';
import { register } from './registration.ts';

const settings: LivenessSettings = {
  heartbeatMs: 5_000,
  suspectAfter: 2,
  failedAfter: 3,
  closedWindowMs: 1_000,
  massClosesMin: 10,
  massClosesShare: 0.2,
};
const START = 1_700_000_000_000;

function anAgent(capacity = 2): Agent {
  const registered = register(undefined, {
    agentId: newAgentId(0, START),
    registration: AgentRegistration.parse({ role: 'developer', capacity }),
    by: newUuid(START),
    nowMs: START,
  });
  if (registered.kind !== 'joined') throw new Error('not joined');
  return registered.change.after;
}

const listening = (nowMs: number, over: Partial<Listening> = {}): Listening => ({
  nowMs,
  floorMs: 0,
  manyClosed: false,
  ...over,
});

describe('liveness', () => {
  it('suspects after two missed heartbeats, and takes for dead after three', () => {
    const agent = anAgent();
    expect(judge(agent, listening(START + 9_999), settings)).toMatchObject({
      kind: 'wait',
      dueMs: START + 10_000,
    });
    const suspected = judge(agent, listening(START + 10_000), settings);
    expect(suspected).toMatchObject({
      kind: 'declare',
      change: { event: { type: 'agent.suspect.v1' }, after: { record: { status: 'suspect' } } },
    });
    if (suspected.kind !== 'declare') return;
    const suspect = suspected.change.after;
    expect(judge(suspect, listening(START + 14_999), settings)).toMatchObject({ kind: 'wait' });
    expect(judge(suspect, listening(START + 15_000), settings)).toMatchObject({
      kind: 'declare',
      change: {
        event: { type: 'agent.failed.v1', certain: false },
        after: { record: { status: 'failed' }, state: { departure: { how: 'failed' } } },
      },
    });
  });

  it('gives a full window from the moment somebody listens again', () => {
    const agent = anAgent();
    const floorMs = START + 60_000;
    expect(judge(agent, listening(START + 60_001, { floorMs }), settings)).toEqual({
      kind: 'wait',
      dueMs: floorMs + 10_000,
      change: undefined,
    });
    expect(judge(agent, listening(floorMs + 10_000, { floorMs }), settings).kind).toBe('declare');
  });

  it('shortens the window when the session closes, and any heartbeat restores it', () => {
    const agent = anAgent();
    const closed = readSign(agent, { sign: 'session_closed', detail: 'reset', atMs: START + 50 }, START + 51);
    expect(closed?.event).toEqual({ type: 'agent.suspect.v1', reason: 'session closed: reset' });
    if (closed === undefined) return;
    expect(dueMs(closed.after, settings)).toBe(START + 1_051);
    expect(
      readSign(closed.after, { sign: 'session_closed', detail: 'x', atMs: START + 60 }, START + 60),
    ).toBe(undefined);
    expect(judge(closed.after, listening(START + 1_051), settings)).toMatchObject({
      kind: 'declare',
      change: { event: { certain: false }, after: { state: { departure: { how: 'failed' } } } },
    });
    const back = hear(closed.after, { currentTasks: [], draining: false, atMs: START + 500 });
    expect(back).toMatchObject({ kind: 'change', change: { after: { record: { status: 'idle' } } } });
    if (back.kind !== 'change') return;
    expect(dueMs(back.change.after, settings)).toBe(START + 10_500);
    expect(
      readSign(back.change.after, { sign: 'session_closed', detail: 'x', atMs: START + 400 }, START + 501),
    ).toBe(undefined);
  });

  it('gives the full window when many sessions close at once', () => {
    expect(areManyClosed(9, 20, settings)).toBe(false);
    expect(areManyClosed(10, 20, settings)).toBe(true);
    expect(areManyClosed(10, 1_000, settings)).toBe(false);
    expect(areManyClosed(200, 1_000, settings)).toBe(true);
    const closed = readSign(anAgent(), { sign: 'session_closed', detail: '', atMs: START + 50 }, START + 50);
    if (closed === undefined) throw new Error('not taken');
    const judged = judge(closed.after, listening(START + 1_050, { manyClosed: true }), settings);
    expect(judged).toMatchObject({ kind: 'wait', dueMs: START + 15_000, change: { event: undefined } });
    if (judged.kind !== 'wait' || judged.change === undefined) throw new Error('not lengthened');
    expect(judged.change.after.state.closed_ms).toBe(undefined);
    expect(judged.change.after.record.status).toBe('suspect');
  });

  it('makes an assumed death certain when the exit is seen, once', () => {
    const failed = judge(
      { ...anAgent(), record: { ...anAgent().record, status: 'suspect' } },
      listening(START + 15_000),
      settings,
    );
    if (failed.kind !== 'declare') throw new Error('not declared');
    const exit = { sign: 'exited', detail: 'exit code 1', atMs: START + 16_000 } as const;
    const certain = readSign(failed.change.after, exit, START + 16_000);
    expect(certain?.event).toEqual({ type: 'agent.failed.v1', reason: 'exited: exit code 1', certain: true });
    if (certain === undefined) return;
    expect(certain.after.state.departure?.at_ms).toBe(START + 15_000);
    expect(readSign(certain.after, exit, START + 16_001)).toBe(undefined);
    expect(readSign(anAgent(), { ...exit, atMs: START - 1 }, START)).toBe(undefined);
  });

  it('reads how far the stream has been heard', () => {
    expect(entryMs('1700-3')).toBe(1700);
    expect(heardUpToMs({ written: '5000-0', taken: '5000-0' }, 9_000)).toBe(9_000);
    expect(heardUpToMs({ written: '5000-1', taken: '5000-0' }, 9_000)).toBe(5_000);
    expect(heardUpToMs({ written: '5000-0', taken: '0-0' }, 9_000)).toBe(0);
    expect(heardUpToMs({ written: '0-0', taken: '0-0' }, 9_000)).toBe(9_000);
  });
});

type Step =
  | { readonly do: 'beat'; readonly tasks: number; readonly draining: boolean }
  | { readonly do: 'close' | 'exit' | 'leave' | 'register' }
  | { readonly do: 'judge'; readonly many: boolean };

const steps: fc.Arbitrary<{ step: Step; afterMs: number }[]> = fc.array(
  fc.record({
    afterMs: fc.integer({ min: 0, max: 12_000 }),
    step: fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ do: fc.constant('beat' as const), tasks: fc.nat(3), draining: fc.boolean() }),
      },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('judge' as const), many: fc.boolean() }) },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constantFrom('close', 'exit', 'leave', 'register' as const) }),
      },
    ) as fc.Arbitrary<Step>,
  }),
  { maxLength: 40 },
);

function play(agent: Agent, step: Step, nowMs: number): Agent {
  switch (step.do) {
    case 'beat': {
      const tasks = Array.from({ length: step.tasks }, () => newTaskId(0, nowMs));
      const heard = hear(agent, { currentTasks: tasks, draining: step.draining, atMs: nowMs });
      if (heard.kind === 'time') return { ...agent, heardMs: heard.heardMs };
      return heard.kind === 'change' ? heard.change.after : agent;
    }
    case 'judge': {
      const judged = judge(agent, listening(nowMs, { manyClosed: step.many }), settings);
      return judged.kind === 'gone' ? agent : (judged.change?.after ?? agent);
    }
    case 'close':
      return readSign(agent, { sign: 'session_closed', detail: '', atMs: nowMs }, nowMs)?.after ?? agent;
    case 'exit':
      return readSign(agent, { sign: 'exited', detail: '', atMs: nowMs }, nowMs)?.after ?? agent;
    case 'leave':
      return leave(agent, 'done', nowMs)?.after ?? agent;
    case 'register': {
      const registered = register(agent, {
        agentId: agent.record.agent_id,
        registration: AgentRegistration.parse({ role: 'qa' }),
        by: newUuid(nowMs),
        nowMs,
      });
      return registered.kind === 'joined' ? registered.change.after : agent;
    }
  }
}

describe('liveness, whatever happens', () => {
  it('never takes for dead what was heard within its window, and always ends what is silent', () => {
    fc.assert(
      fc.property(steps, (played) => {
        let agent = anAgent();
        let nowMs = START;
        for (const { step, afterMs } of played) {
          nowMs += afterMs;
          const before = agent;
          if (step.do === 'beat') {
            // The digest decides like the domain whether a heartbeat changes anything.
            const beat = {
              currentTasks: before.record.current_tasks as TaskId[],
              draining: step.draining,
              atMs: nowMs,
            };
            const unchanged = hear(before, beat).kind === 'time';
            expect(digestOf(before) === digestOfBeat(beat)).toBe(unchanged);
          }
          agent = play(agent, step, nowMs);
          expect(agent.heardMs).toBeGreaterThanOrEqual(before.heardMs);
          // Versions rise exactly with what others may see.
          if (agent.record !== before.record)
            expect(agent.record.version).toBeGreaterThan(before.record.version);
          const failedBySilence = step.do === 'judge' && agent.record.status === 'failed' && before !== agent;
          if (failedBySilence && before.state.closed_ms === undefined) {
            expect(nowMs - before.heardMs).toBeGreaterThanOrEqual(15_000);
          }
          // L3: never from alive to dead by silence.
          if (failedBySilence) expect(before.record.status).toBe('suspect');
          const gone = agent.state.departure !== undefined;
          expect(gone).toBe(agent.record.status === 'failed' || agent.record.status === 'offline');
          expect(dueMs(agent, settings) === undefined).toBe(gone);
        }
        // Silence from here on ends it within the window, in two judgements.
        for (let judged = 0; judged < 3; judged += 1) {
          nowMs = Math.max(nowMs, dueMs(agent, settings) ?? nowMs);
          agent = play(agent, { do: 'judge', many: false }, nowMs);
        }
        expect(agent.state.departure).toBeDefined();
      }),
      { numRuns: 400 },
    );
  });
});
