import { ROUTING_STRATEGIES, type RoutingStrategy, TaskSpec, type TaskSpecInput } from '@nova-torch/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anAgent, aRecord, NOW } from '../../test/support/make.ts';
import { AgentIndex } from './agent-index.ts';
import { assign } from './assign.ts';
import { failAttempt } from './attempts.ts';
import { chooseAgent, rankAgents } from './choose-agent.ts';
import { readDecision } from './decision.ts';
import { openDraft } from './draft.ts';
import { explainTask, firstReason } from './explain-task.ts';
import { canDo, freeSlots } from './indexed-agent.ts';
import { RestingAgents } from './resting.ts';
import { DEFAULT_ROUTING, type Routing } from './routing.ts';
import { type Demand, demandOf } from './waiting.ts';
import { searchedDemand } from './wanted-agent.ts';

const spec = (more: Partial<TaskSpecInput> = {}): TaskSpec => TaskSpec.parse({ title: 't', ...more });
const indexOf = (...agents: ReturnType<typeof anAgent>[]): AgentIndex => {
  const index = new AgentIndex();
  for (const agent of agents) index.put(agent);
  return index;
};
const by = (strategy: RoutingStrategy, more: Partial<Routing> = {}): Routing => ({
  ...DEFAULT_ROUTING,
  strategy,
  ...more,
});

describe('a strategy', () => {
  const skilled = anAgent({ skills: [{ name: 'go', level: 1 }], capacity: 4 });
  const free = anAgent({ skills: [{ name: 'go', level: 0.5 }], capacity: 4 });
  const fleet = (): AgentIndex => {
    const index = indexOf(skilled, free);
    index.setTaken(skilled.agent_id, 2);
    return index;
  };
  const wanted = { spec: spec({ required_skills: ['go'] }) };
  const chosen = (routing: Routing, index = fleet()) =>
    chooseAgent(wanted, [...index.agents()], routing)?.agent.id;

  it('compares by what its name says', () => {
    expect(chosen(by('best-skilled'))).toBe(skilled.agent_id);
    expect(chosen(by('least-loaded'))).toBe(free.agent_id);
    expect(chosen(by('score'))).toBe(skilled.agent_id);
    const loadFirst = { skill: 0.1, performance: 0, availability: 1, context: 0 };
    expect(chosen(by('score', { weights: loadFirst }))).toBe(free.agent_id);
    const drawn = [0.1, 0.9];
    expect(chosen(by('random', { random: () => drawn.shift() ?? 0 }))).toBe(free.agent_id);
  });

  it('round-robin goes round', () => {
    const index = fleet();
    const order = Array.from({ length: 4 }, () => {
      const choice = chooseAgent(wanted, [...index.agents()], by('round-robin'));
      if (choice === undefined) throw new Error('nobody');
      index.reserve(choice.agent, undefined);
      index.cancel(choice.agent);
      return choice.agent.id;
    });
    expect(new Set(order.slice(0, 2)).size).toBe(2);
    expect(order.slice(2)).toEqual(order.slice(0, 2));
  });

  it('ranks as sorting all candidates would, whatever it compares', () => {
    const agent = fc.record({
      level: fc.constantFrom(0, 0.5, 1),
      capacity: fc.integer({ min: 1, max: 4 }),
      done: fc.nat({ max: 3 }),
    });
    fc.assert(
      fc.property(
        fc.array(agent, { minLength: 1, maxLength: 30 }),
        fc.constantFrom(...ROUTING_STRATEGIES),
        fc.integer({ min: 1, max: 6 }),
        (agents, strategy, count) => {
          const index = indexOf(
            ...agents.map(({ level, capacity, done }) =>
              anAgent({
                capacity,
                skills: [{ name: 'go', level }],
                performance: { tasks_completed: done, success_rate: 0.5, avg_completion_time: done },
              }),
            ),
          );
          const all = [...index.agents()];
          for (const [i, one] of all.entries()) one.lastUsed = i;
          const routing = by(strategy);
          const top = rankAgents(wanted, all, routing, count);
          const sorted = rankAgents(wanted, all, routing, all.length).toSorted(
            (a, b) => b.score - a.score || a.agent.lastUsed - b.agent.lastUsed,
          );
          expect(top.map(({ agent: { id } }) => id)).toEqual(
            sorted.slice(0, count).map(({ agent: { id } }) => id),
          );
        },
      ),
    );
  });
});

describe('labels', () => {
  const blue = anAgent({ labels: { zone: 'blue', disk: 'ssd' } });
  const red = anAgent({ labels: { zone: 'red' } });
  const plain = anAgent();
  const found = (index: AgentIndex, wanted: TaskSpec) =>
    index.candidates(demandOf(wanted), 10).map(({ id }) => id);

  it('that are required or avoided say who may do it; preferred ones only who should', () => {
    const index = indexOf(blue, red, plain);
    const inBlue = spec({ affinity: { labels: { zone: 'blue' }, required: true } });
    expect(found(index, inBlue)).toEqual([blue.agent_id]);
    expect(found(index, spec({ anti_affinity: { labels: { zone: 'red', disk: 'ssd' } } }))).toEqual([
      plain.agent_id,
    ]);
    const preferred = spec({ affinity: { labels: { zone: 'blue' } } });
    expect(demandOf(preferred)).toEqual(demandOf(spec()));
    const choice = chooseAgent({ spec: preferred }, index.candidates(demandOf(preferred), 10));
    expect(choice?.agent.id).toBe(blue.agent_id);
    expect(choice?.factors.context).toBe(0.75);
  });

  it('are followed when an agent changes them, and tell no property every object has', () => {
    const index = indexOf(blue, plain);
    const inBlue = spec({ affinity: { labels: { zone: 'blue' }, required: true } });
    expect(found(index, inBlue)).toEqual([blue.agent_id]);
    index.put({ ...plain, labels: { zone: 'blue' }, version: 2 });
    index.put({ ...blue, labels: {}, version: 2 });
    expect(found(index, inBlue)).toEqual([plain.agent_id]);
    index.remove(plain.agent_id);
    expect(found(index, inBlue)).toEqual([]);
    const odd = spec({ anti_affinity: { labels: { constructor: 'x' } } });
    expect(found(index, odd)).toEqual([blue.agent_id]);
  });
});

describe('an excluded agent', () => {
  it('is no candidate, is counted, and holds up nobody else', () => {
    const [one, other] = [anAgent(), anAgent()];
    const index = indexOf(one, other);
    const demand = demandOf(spec({ excluded_agent: one.agent_id }));
    expect(index.candidates(demand, 10).map(({ id }) => id)).toEqual([other.agent_id]);
    expect(index.passedOver(demand)).toMatchObject({ excluded: 1 });
    expect(demand).not.toEqual(demandOf(spec()));
  });

  it('is searched a substitute for by itself only where it alone could do it', () => {
    const one = anAgent();
    const demand = demandOf(spec({ role: 'developer', excluded_agent: one.agent_id }));
    expect(searchedDemand(indexOf(one), demand)).toEqual(demand);
    expect(searchedDemand(indexOf(), demand)).toEqual(demandOf(spec({ role: 'developer' })));
  });
});

describe('the counts of those passed over', () => {
  const change = fc.record({
    role: fc.constantFrom('x', 'y'),
    skills: fc.subarray(['a', 'b']),
    zone: fc.constantFrom('blue', 'red', undefined),
    status: fc.constantFrom('idle' as const, 'busy' as const, 'suspect' as const),
    taken: fc.nat({ max: 2 }),
    doubt: fc.boolean(),
    gone: fc.boolean(),
  });
  const demands: Demand[] = [
    { role: undefined, skills: [] },
    { role: 'x', skills: [] },
    { role: 'y', skills: ['a'] },
    { role: undefined, skills: ['b'], labels: [['zone', 'blue']], avoid: [['zone', 'red']] },
  ];

  it('are those of a look at every agent', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 25 }), (changes) => {
        const index = new AgentIndex();
        for (const one of changes) {
          const labels = one.zone === undefined ? {} : { zone: one.zone };
          const skills = one.skills.map((name) => ({ name, level: 1 }));
          const agent = anAgent({ role: one.role, skills, status: one.status, capacity: 2, labels });
          index.put(agent);
          index.setTaken(agent.agent_id, one.taken);
          if (one.doubt) index.doubt(agent.agent_id);
          if (one.gone) index.remove(agent.agent_id);
          for (const demand of demands) index.candidates(demand, 64);
        }
        const all = [...index.agents()];
        for (const demand of demands) {
          const counts = index.passedOver(demand);
          const ofRole = all.filter(({ record }) => (demand.role ?? record.role) === record.role);
          const skilled = ofRole.filter((agent) => demand.skills.every((skill) => agent.skills.has(skill)));
          const alive = skilled.filter(({ record }) => record.status !== 'suspect');
          const zone = (name: string) => all.filter(({ record }) => record.labels.zone === name).length;
          const orAbsent = (count: number): number | undefined => (count === 0 ? undefined : count);
          expect(counts.other_role).toBe(orAbsent(all.length - ofRole.length));
          for (const skill of demand.skills)
            expect(counts.missing_skill?.[skill]).toBe(orAbsent(ofRole.length - skilled.length));
          expect(counts.not_alive).toBe(orAbsent(skilled.length - alive.length));
          expect(counts.resting).toBe(orAbsent(alive.filter(({ usable }) => !usable).length));
          expect(counts.no_free_slot).toBe(
            orAbsent(alive.filter((agent) => agent.usable && freeSlots(agent) === 0).length),
          );
          if (demand.labels !== undefined) {
            expect(counts.affinity ?? 0).toBe(all.length - zone('blue'));
            expect(counts.anti_affinity ?? 0).toBe(zone('red'));
          }
          const able = all.filter((agent) => canDo(agent, demand) && freeSlots(agent) > 0);
          expect(new Set(index.candidates(demand, 100))).toEqual(new Set(able));
        }
      }),
    );
  });
});

describe('a decision', () => {
  it('is kept with the assignment, and read back', () => {
    const agents = Array.from({ length: 8 }, () => anAgent({ role: 'qa' }));
    const failed = anAgent({ role: 'qa', status: 'failed' });
    const index = indexOf(...agents, failed, anAgent({ role: 'pm' }));
    const record = aRecord('ready', { attempt: 4 }, { role: 'qa' });
    const demand = demandOf(record.spec);
    const choice = chooseAgent({ spec: record.spec }, index.candidates(demand, 64));
    if (choice === undefined) throw new Error('nobody');
    const grounds = { choice, passedOver: index.passedOver(demand), routing: DEFAULT_ROUTING };
    const given = { agentId: choice.agent.id, lease: 'l', dependencyResults: {}, nowMs: NOW + 5 };
    const draft = assign(openDraft(record), { ...given, leaseMs: 1, startTimeoutMs: 1, grounds });
    expect(draft.decision?.place).toBe(1);
    const decision = readDecision(draft.decision?.json ?? '');
    expect(decision).toMatchObject({
      ...{ attempt: 5, epoch: draft.record.epoch, at_ms: NOW + 5, agent_id: choice.agent.id, scored: 8 },
      ...{ strategy: 'score', weights: DEFAULT_ROUTING.weights },
      passed_over: { other_role: 1, not_alive: 1 },
    });
    expect(decision?.candidates).toHaveLength(5);
    expect(decision?.candidates[0]?.factors).toEqual({
      ...{ skill: 1, performance: 0.71, availability: 1, context: 0.5 },
    });
    // Five candidates of a large fleet: what every assignment carries.
    expect(draft.decision?.json.length).toBeLessThan(600);
  });
});

describe('the explanation of a waiting task', () => {
  const known = [anAgent({ role: 'dev', skills: [{ name: 'typescript', level: 1 }] })];
  const around = (index: AgentIndex) => ({
    ...{
      agents: index,
      routing: DEFAULT_ROUTING,
      states: new Map(),
      nowMs: 0,
      line: { ahead: 1, waiting: 3 },
    },
    nearest: (name: string, names: readonly string[]) => names.find((one) => one[0] === name[0]),
  });

  it('groups every agent under the first reason, and tells names nobody has', () => {
    const index = indexOf(
      ...known,
      anAgent({ role: 'pm' }),
      anAgent({ role: 'dev', labels: { zone: 'red' }, skills: [{ name: 'typscript', level: 1 }] }),
    );
    const wants = { role: 'dev', required_skills: ['typo'], anti_affinity: { labels: { zone: 'red' } } };
    const told = explainTask(aRecord('ready', {}, wants), around(index));
    expect(told).toMatchObject({
      ...{ line: { ahead: 1, waiting: 3 }, agents_known: 3, candidates: [] },
      passed_over: [
        { reason: 'missing_skill', what: 'typo', count: 2 },
        { reason: 'other_role', what: 'pm', count: 1 },
      ],
      unknown: [{ field: 'required_skills', name: 'typo', did_you_mean: 'typescript' }],
    });
    expect(told?.reason).toContain('without the labels zone=red: none is registered');
  });

  it('tells who rests from tasks of its type', () => {
    const agent = anAgent({ role: 'dev' });
    const resting = new RestingAgents({ afterFailures: 1, firstMs: 1_000, longestMs: 1_000 });
    const failing = openDraft(
      aRecord('running', { agent_id: agent.agent_id, attempt: 1 }, { task_type: 'build' }),
    );
    const error = { code: 'AGENT_REPORTED', message: 'no' };
    resting.observe(failAttempt(failing, { error, actor: 'dev' }, { nowMs: 0, random: () => 0.5 }), 0);
    const toldOf = (taskType: string) =>
      explainTask(aRecord('ready', {}, { role: 'dev', task_type: taskType }), {
        ...{ ...around(indexOf(agent)), resting },
      });
    expect(toldOf('build')).toMatchObject({
      candidates: [],
      passed_over: [{ reason: 'resting', what: 'tasks of the type build', agent_ids: [agent.agent_id] }],
    });
    expect(toldOf('test')).toMatchObject({ candidates: [{ agent_id: agent.agent_id }], passed_over: [] });
  });

  it('names one reason for each agent that is no candidate, and none for a candidate', () => {
    const demand: Demand = { role: 'dev', skills: ['go'], labels: [['a', '1']], avoid: [['b', '2']] };
    const able = { role: 'dev', skills: [{ name: 'go', level: 1 }], labels: { a: '1' } };
    const reasonOf = (
      more: Parameters<typeof anAgent>[0],
      spoil?: (index: AgentIndex, id: never) => void,
    ) => {
      const index = indexOf(anAgent({ ...able, ...more }));
      const [agent] = [...index.agents()];
      if (agent === undefined) throw new Error('nobody');
      spoil?.(index, agent.id as never);
      return firstReason(agent, demand)?.reason;
    };
    expect(reasonOf({})).toBeUndefined();
    expect(reasonOf({ role: 'pm' })).toBe('other_role');
    expect(reasonOf({ skills: [] })).toBe('missing_skill');
    expect(reasonOf({ labels: {} })).toBe('affinity');
    expect(reasonOf({ labels: { a: '1', b: '2' } })).toBe('anti_affinity');
    expect(reasonOf({ status: 'draining' })).toBe('not_alive');
    expect(reasonOf({ status: 'busy' })).toBe('no_free_slot');
    expect(reasonOf({}, (index, id) => index.doubt(id))).toBe('resting');
    expect(reasonOf({}, (index, id) => index.setTaken(id, 1))).toBe('no_free_slot');
  });

  it('has the dependencies or the next attempt of one that waits for those', () => {
    const index = indexOf(...known);
    const other = aRecord('running').task_id;
    const blocked = aRecord('blocked', {}, { dependencies: [other] });
    expect(explainTask(blocked, around(index))?.dependencies).toEqual([
      { task_id: other, status: 'unknown' },
    ]);
    expect(explainTask(aRecord('scheduled', { retry_at_ms: 7 }), around(index))?.next_attempt_at_ms).toBe(7);
    expect(explainTask(aRecord('running'), around(index))).toBeUndefined();
  });
});
