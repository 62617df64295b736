import { TaskSpec, type TaskSpecInput } from '@nova-torch/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anAgent, aRecord } from '../../test/support/make.ts';
import { AgentIndex } from './agent-index.ts';
import { chooseAgent, rankAgents } from './choose-agent.ts';
import { explainWaiting } from './explain-waiting.ts';
import { canDo, freeSlots, type IndexedAgent } from './indexed-agent.ts';
import { DEFAULT_ROUTING } from './routing.ts';
import { type Demand, demandOf } from './waiting.ts';

const spec = (more: Partial<TaskSpecInput> = {}): TaskSpec => TaskSpec.parse({ title: 't', ...more });
const skill = (name: string, level = 1) => ({ name, level });

function indexOf(...agents: ReturnType<typeof anAgent>[]): AgentIndex {
  const index = new AgentIndex();
  for (const agent of agents) index.put(agent);
  return index;
}
const choose = (index: AgentIndex, wanted: TaskSpec) =>
  chooseAgent({ spec: wanted }, index.candidates(demandOf(wanted), DEFAULT_ROUTING.candidatesMax))?.agent;
const known = (index: AgentIndex, agent: { agent_id: string }): IndexedAgent => {
  const found = [...index.agents()].find(({ id }) => id === agent.agent_id);
  if (found === undefined) throw new Error('not in the index');
  return found;
};

describe('the choice of an agent', () => {
  it('prefers skill, then performance, then free slots, then context', () => {
    const plain = anAgent({ skills: [skill('go', 0.5)] });
    const skilled = anAgent({ skills: [skill('go')] });
    expect(choose(indexOf(plain, skilled), spec({ required_skills: ['go'] }))?.id).toBe(skilled.agent_id);
    const also = anAgent({ skills: [skill('go'), skill('sql')] });
    const wanted = spec({ required_skills: ['go'], preferred_skills: ['sql'] });
    expect(choose(indexOf(skilled, also), wanted)?.id).toBe(also.agent_id);
    const good = anAgent({ performance: { tasks_completed: 50, success_rate: 1, avg_completion_time: 10 } });
    const poor = anAgent({ performance: { tasks_completed: 5, success_rate: 0.1, avg_completion_time: 10 } });
    const newcomer = anAgent();
    expect(choose(indexOf(poor, newcomer), spec())?.id).toBe(newcomer.agent_id);
    expect(choose(indexOf(newcomer, good), spec())?.id).toBe(good.agent_id);
    const fast = anAgent({ performance: { tasks_completed: 50, success_rate: 1, avg_completion_time: 1 } });
    expect(choose(indexOf(good, fast), spec())?.id).toBe(fast.agent_id);
    const [a, b] = [anAgent(), anAgent()];
    expect(choose(indexOf(a, b), spec({ preferred_agent: b.agent_id }))?.id).toBe(b.agent_id);
  });

  it('avoids the agent whose attempt just failed, and likes the one of the same workflow', () => {
    const [a, b] = [anAgent(), anAgent()];
    const index = indexOf(a, b);
    const all = [...index.agents()];
    expect(chooseAgent({ spec: spec(), failedAgentId: a.agent_id }, all)?.agent.id).toBe(b.agent_id);
    const first = known(index, b);
    index.reserve(first, 'w');
    index.cancel(first);
    expect(chooseAgent({ spec: spec({ workflow_id: 'w' }) }, all)?.agent.id).toBe(b.agent_id);
  });

  it('breaks ties by who was used least recently', () => {
    const agents = [anAgent({ capacity: 100 }), anAgent({ capacity: 100 }), anAgent({ capacity: 100 })];
    const index = indexOf(...agents);
    const order = Array.from({ length: 6 }, () => {
      const chosen = choose(index, spec());
      if (chosen === undefined) throw new Error('nobody');
      index.reserve(chosen, undefined);
      index.cancel(chosen);
      return chosen.id;
    });
    expect(order.slice(0, 3).toSorted()).toEqual(agents.map(({ agent_id }) => agent_id).toSorted());
    expect(order.slice(3)).toEqual(order.slice(0, 3));
  });
});

describe('the index of agents', () => {
  const skills = ['a', 'b', 'c'];
  const change = fc.oneof(
    fc.record({
      kind: fc.constant('put' as const),
      agent: fc.nat({ max: 5 }),
      skills: fc.subarray(skills),
      role: fc.constantFrom('x', 'y'),
      capacity: fc.integer({ min: 1, max: 4 }),
      status: fc.constantFrom('idle' as const, 'active' as const, 'suspect' as const, 'failed' as const),
    }),
    fc.record({
      kind: fc.constantFrom(
        'reserve' as const,
        'confirm' as const,
        'cancel' as const,
        'release' as const,
        'remove' as const,
        'doubt' as const,
        'set' as const,
        'status' as const,
      ),
      agent: fc.nat({ max: 5 }),
    }),
  );

  it('answers as looking at every agent would, whatever changed', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 10, maxLength: 60, size: 'max' }), (changes) => {
        const ids = Array.from({ length: 6 }, () => anAgent().agent_id);
        const index = new AgentIndex();
        let version = 1;
        for (const one of changes) {
          const id = ids[one.agent];
          if (id === undefined) continue;
          version += 1;
          const agent = index.get(id);
          if (one.kind === 'put') {
            const { role, capacity, status } = one;
            index.put(
              anAgent({
                agent_id: id,
                role,
                capacity,
                status,
                version,
                skills: one.skills.map((name) => skill(name)),
              }),
            );
          } else if (one.kind === 'remove') index.remove(id);
          else if (one.kind === 'release') index.release(id);
          else if (one.kind === 'doubt') index.doubt(id);
          else if (one.kind === 'set') index.setTaken(id, 1);
          else if (one.kind === 'status') index.setStatus(id, 'idle', version);
          else if (agent !== undefined && one.kind === 'reserve' && freeSlots(agent) > 0)
            index.reserve(agent, undefined);
          else if (agent !== undefined && agent.reserved > 0 && one.kind === 'confirm') index.confirm(agent);
          else if (agent !== undefined && agent.reserved > 0 && one.kind === 'cancel') index.cancel(agent);
        }
        const all = [...index.agents()];
        expect(index.freeSlots).toBe(all.reduce((sum, agent) => sum + freeSlots(agent), 0));
        expect(index.freeAgents).toBe(all.filter((agent) => freeSlots(agent) > 0).length);
        const demands: Demand[] = [
          { role: undefined, skills: [] },
          { role: 'x', skills: [] },
          { role: undefined, skills: ['a', 'b'] },
          { role: 'y', skills: ['c'] },
        ];
        for (const demand of demands) {
          const able = all.filter((agent) => canDo(agent, demand));
          expect(new Set(index.able(demand))).toEqual(new Set(able));
          const found = index.candidates(demand, 100);
          expect(new Set(found)).toEqual(new Set(able.filter((agent) => freeSlots(agent) > 0)));
          expect(found).toHaveLength(new Set(found).size);
          const levels = found.map((agent) => Math.ceil((8 * freeSlots(agent)) / agent.record.capacity));
          expect(levels).toEqual(levels.toSorted((a, b) => b - a));
        }
      }),
    );
  });

  it('ignores what is older than what it knows, and forgets slots when asked', () => {
    const agent = anAgent({ version: 5 });
    const index = indexOf(agent);
    expect(index.put({ ...agent, status: 'failed', version: 4 })).toBe(false);
    expect(index.setStatus(agent.agent_id, 'failed', 5)).toBe(false);
    index.setTaken(agent.agent_id, 1);
    expect(index.freeSlots).toBe(0);
    index.forgetSlots();
    expect(index.freeSlots).toBe(1);
    index.release(anAgent().agent_id);
    index.remove(anAgent().agent_id);
  });

  it('scores few of many, and says why a task waits', () => {
    const many = Array.from({ length: 500 }, () => anAgent({ role: 'x' }));
    const index = indexOf(...many);
    expect(index.candidates({ role: 'x', skills: [] }, DEFAULT_ROUTING.candidatesMax)).toHaveLength(
      DEFAULT_ROUTING.candidatesMax,
    );
    const says = (role: string, from = index) =>
      explainWaiting(aRecord('ready', {}, { role }), new Map(), from, 0);
    expect(says('y')).toBe('an agent of the role y: none is registered');
    const one = indexOf(anAgent({ role: 'x' }));
    one.setTaken(known(one, [...one.agents()][0]?.record ?? anAgent()).id, 1);
    expect(says('x', one)).toBe('a free slot of an agent of the role x: 1 can do it, it is busy');
    const gone = indexOf(anAgent({ role: 'x', status: 'failed' }));
    expect(says('x', gone)).toContain('none of them can take tasks now');
    const scheduled = aRecord('scheduled', { retry_at_ms: 5_000, error: { code: 'X', message: 'broke' } });
    expect(explainWaiting(scheduled, new Map(), index, 0)).toContain('5 s more; the last one failed: broke');
    expect(explainWaiting(aRecord('running'), new Map(), index, 0)).toBeUndefined();
  });

  it.each(['score', 'least-loaded', 'best-skilled'] as const)(
    'offers few of many, among them one nearly as good as the best, by %s',
    (strategy) => {
      const routing = { ...DEFAULT_ROUTING, strategy };
      const share = fc.double({ min: 0, max: 1, noNaN: true });
      const member = fc.record({
        level: share,
        rate: share,
        done: fc.nat({ max: 200 }),
        seconds: fc.double({ min: 1, max: 60, noNaN: true }),
        taken: fc.nat({ max: 7 }),
      });
      const team = fc.array(member, { minLength: 100, maxLength: 100 });
      fc.assert(
        fc.property(team, (members) => {
          const index = new AgentIndex(routing);
          for (const { level, rate, done, seconds, taken } of members) {
            const performance = { tasks_completed: done, success_rate: rate, avg_completion_time: seconds };
            const agent = anAgent({ role: 'x', capacity: 8, skills: [skill('go', level)], performance });
            index.put(agent);
            index.setTaken(agent.agent_id, taken);
          }
          const wanted = spec({ role: 'x', required_skills: ['go'] });
          const all = index.candidates(demandOf(wanted), Number.POSITIVE_INFINITY);
          const few = index.candidates(demandOf(wanted), routing.candidatesMax);
          const ranked = rankAgents({ spec: wanted }, all, routing, all.length);
          const best = ranked[0]?.score ?? 0;
          const offered = ranked.find(({ agent }) => few.includes(agent))?.score ?? 0;
          expect(few).toHaveLength(routing.candidatesMax);
          expect(best - offered).toBeLessThan(0.03);
        }),
        { numRuns: 30 },
      );
    },
  );

  it('does not mistake an agent for the one that was removed under its id', () => {
    const record = anAgent();
    const index = indexOf(record);
    const before = known(index, record);
    index.reserve(before, undefined);
    index.remove(record.agent_id);
    index.put(record);
    index.cancel(before);
    const now = known(index, record);
    index.reserve(now, undefined);
    expect([index.freeAgents, index.freeSlots]).toEqual([0, 0]);
    index.put(anAgent());
    const found = index.candidates({ role: record.role, skills: [] }, DEFAULT_ROUTING.candidatesMax);
    expect(found.map(({ id }) => id)).not.toContain(record.agent_id);
  });
});
