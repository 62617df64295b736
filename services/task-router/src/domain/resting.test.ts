import { type AgentId, newAgentId } from '@nova-torch/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anAgent, aRecord, NOW } from '../../test/support/make.ts';
import { AgentIndex } from './agent-index.ts';
import { assign } from './assign.ts';
import { failAttempt, loseAttempt } from './attempts.ts';
import { type Draft, move, openDraft } from './draft.ts';
import { cancel, complete } from './endings.ts';
import { explainWaiting } from './explain-waiting.ts';
import type { IndexedAgent } from './indexed-agent.ts';
import { RestingAgents } from './resting.ts';
import { passTime } from './timers.ts';

const periods = { afterFailures: 3, firstMs: 1_000, longestMs: 3_000 };
const agentId = newAgentId(0, NOW);
const moment = { nowMs: NOW, random: () => 0.5 };

const running = (type = 'build', by = agentId): Draft =>
  openDraft(aRecord('running', { agent_id: by, lease: 'l', run_until_ms: NOW }, { task_type: type }));
const failure = (type?: string, by?: AgentId): Draft =>
  failAttempt(running(type, by), { error: { code: 'X', message: 'no' }, actor: agentId }, moment);
const success = (type?: string): Draft => {
  const step = { atMs: NOW, actor: agentId, reason: 'done' };
  const claimed = move(running(type), 'verifying', step);
  return complete(claimed, undefined, step);
};
const assignment = { agentId, lease: 'l', dependencyResults: {}, nowMs: NOW, leaseMs: 1, startTimeoutMs: 1 };
const given = (type = 'build'): Draft =>
  assign(openDraft(aRecord('ready', {}, { task_type: type })), assignment);

function indexed(): { agent: IndexedAgent; index: AgentIndex } {
  const index = new AgentIndex();
  index.put(anAgent({ agent_id: agentId, capacity: 4 }));
  const agent = index.get(agentId);
  if (agent === undefined) throw new Error('not indexed');
  return { agent, index };
}
const observeAll = (resting: RestingAgents, drafts: readonly Draft[], nowMs = NOW) =>
  drafts.map((draft) => resting.observe(draft, nowMs));

describe('an agent that fails', () => {
  it('three times in a row at one type rests from that type, and from no other', () => {
    const [resting, { agent }] = [new RestingAgents(periods), indexed()];
    expect(observeAll(resting, [failure(), failure(), failure()])).toEqual([
      undefined,
      undefined,
      NOW + 1_000,
    ]);
    expect(resting.size).toBe(1);
    expect(resting.isAwake(agent, 'build', NOW)).toBe(false);
    expect(resting.isAwake(agent, 'test', NOW)).toBe(true);
    expect(resting.awake([agent], 'build', NOW)).toEqual([]);
    expect(resting.nextEndMs(NOW)).toBe(NOW + 1_000);
  });

  it('does not rest when a success came between', () => {
    const resting = new RestingAgents(periods);
    observeAll(resting, [failure(), failure(), success(), failure(), failure()]);
    expect(resting.size).toBe(0);
  });

  it('rests twice as long after each further failure, up to the limit; a success clears it', () => {
    const resting = new RestingAgents({ ...periods, afterFailures: 1 });
    let nowMs = NOW;
    const lengths: number[] = [];
    for (let i = 0; i < 4; i += 1) {
      const untilMs = resting.observe(failure(), nowMs) ?? 0;
      lengths.push(untilMs - nowMs);
      nowMs = untilMs;
    }
    expect(lengths).toEqual([1_000, 2_000, 3_000, 3_000]);
    resting.observe(success(), nowMs);
    expect([resting.size, resting.nextEndMs(nowMs)]).toEqual([0, undefined]);
    expect(resting.observe(failure(), nowMs)).toBe(nowMs + 1_000);
  });

  it('is tried with one task at a time after its rest', () => {
    const [resting, { agent, index }] = [new RestingAgents(periods), indexed()];
    observeAll(resting, [failure(), failure(), failure()]);
    const after = NOW + 1_000;
    expect(resting.isAwake(agent, 'build', after)).toBe(true);
    index.reserve(agent, undefined);
    expect(resting.isAwake(agent, 'build', after)).toBe(false);
    const trial = given();
    resting.observe(trial, after);
    index.confirm(agent);
    expect(resting.isAwake(agent, 'build', after)).toBe(false);
    const command = { id: 'c', by: 'x', reason: 'y' };
    resting.observe(cancel(openDraft(trial.record), command, after), after);
    expect(resting.isAwake(agent, 'build', after)).toBe(true);
    expect(resting.size).toBe(1);
  });

  it.each<[string, () => Draft | undefined]>([
    [
      'a lost agent',
      () => loseAttempt(running(), { error: { code: 'AGENT_LOST', message: 'x' }, actor: 'r' }, NOW),
    ],
    ['a cancel', () => cancel(running(), { id: 'c', by: 'x', reason: 'y' }, NOW)],
    [
      'a start that did not come',
      () => passTime(aRecord('assigned', { agent_id: agentId, start_by_ms: NOW }), moment),
    ],
    [
      'the end of the time to live',
      () => passTime(aRecord('running', { agent_id: agentId, expires_at_ms: NOW }), moment),
    ],
  ])('not by its doing (%s) goes on', (_, make) => {
    const resting = new RestingAgents({ ...periods, afterFailures: 1 });
    const draft = make();
    if (draft === undefined) throw new Error('nothing happened');
    resting.observe(draft, NOW);
    expect(resting.size).toBe(0);
  });

  it.each<[string, object]>([
    ['its time limit', { run_until_ms: NOW }],
    ['its silence', { progress_by_ms: NOW, run_until_ms: NOW + 1 }],
  ])('by %s rests like any other', (_, live) => {
    const resting = new RestingAgents({ ...periods, afterFailures: 1 });
    const draft = passTime(
      aRecord('running', { agent_id: agentId, ...live }, { task_type: 'build' }),
      moment,
    );
    if (draft === undefined) throw new Error('nothing was due');
    expect(resting.observe(draft, NOW)).toBe(NOW + 1_000);
  });

  it('is named to whoever asks why a task waits', () => {
    const [resting, { index }] = [new RestingAgents(periods), indexed()];
    observeAll(resting, [failure(), failure(), failure()]);
    const waiting = aRecord('ready', {}, { task_type: 'build' });
    expect(explainWaiting(waiting, new Map(), index, NOW, { resting })).toBe(
      `an agent: 1 can do it, all rest from tasks of the type build; ${agentId} first: resting after 3 failures in a row, 1 s more`,
    );
    expect(explainWaiting(waiting, new Map(), index, NOW + 1_000, { resting })).toContain('on trial');
  });
});

describe('what is remembered of failures', () => {
  it('is bounded, and forgets whoever failed longest ago', () => {
    const resting = new RestingAgents({ ...periods, afterFailures: 1 });
    for (let i = 0; i < 10_050; i += 1) resting.observe(failure(`type ${i}`), NOW);
    expect(resting.restOf(agentId, 'type 49')).toBeUndefined();
    expect(resting.restOf(agentId, 'type 50')).toBeDefined();
    resting.clear();
    expect(resting.size).toBe(0);
  });

  it('counts agents that rest as often as they do, whatever happens', () => {
    const agents = Array.from({ length: 3 }, () => newAgentId(0, NOW));
    const happening = fc.record({
      agent: fc.nat({ max: 2 }),
      type: fc.constantFrom('a', 'b'),
      fails: fc.boolean(),
      laterMs: fc.constantFrom(0, 500, 5_000),
    });
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 60 }), (list) => {
        const resting = new RestingAgents(periods);
        const failures = new Map<string, number>();
        const rested = new Set<string>();
        let nowMs = NOW;
        for (const { agent, type, fails, laterMs } of list) {
          nowMs += laterMs;
          const by = agents[agent] ?? agentId;
          const pair = `${by} ${type}`;
          const step = { atMs: NOW, actor: by, reason: 'done' };
          const held = running(type, by);
          resting.observe(
            fails ? failure(type, by) : complete(move(held, 'verifying', step), undefined, step),
            nowMs,
          );
          failures.set(pair, fails ? (failures.get(pair) ?? 0) + 1 : 0);
          if ((failures.get(pair) ?? 0) >= 3) rested.add(pair);
          else rested.delete(pair);
          const expected = new Set([...rested].map((one) => one.split(' ')[0]));
          expect(resting.size).toBe(expected.size);
          for (const id of agents)
            for (const kind of ['a', 'b'])
              expect(resting.restOf(id, kind) !== undefined).toBe(rested.has(`${id} ${kind}`));
        }
      }),
    );
  });
});
