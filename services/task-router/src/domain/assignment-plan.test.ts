import { type AgentId, ROUTING_STRATEGIES, type TaskSpecInput } from '@nova-torch/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anAgent, aRecord, NOW, planAll } from '../../test/support/make.ts';
import { AgentIndex } from './agent-index.ts';
import { AssignmentPlan } from './assignment-plan.ts';
import { failAttempt } from './attempts.ts';
import { keepDecision, readDecision } from './decision.ts';
import { openDraft } from './draft.ts';
import { HeldTasks } from './held-tasks.ts';
import { canDo } from './indexed-agent.ts';
import type { Placement } from './placement.ts';
import { RestingAgents } from './resting.ts';
import { DEFAULT_ROUTING, type Routing } from './routing.ts';
import type { TaskRecord } from './task-record.ts';
import { demandOf } from './waiting.ts';

const skills = (...names: string[]) => names.map((name) => ({ name, level: 1 }));
const needs = (...names: string[]): Partial<TaskSpecInput> => ({ required_skills: names });
const fleetOf = (...agents: ReturnType<typeof anAgent>[]): AgentIndex => {
  const index = new AgentIndex();
  for (const agent of agents) index.put(agent);
  return index;
};
const nobodyRests = () => new RestingAgents({ afterFailures: 3, firstMs: 1_000, longestMs: 1_000 });

/** Plans tasks in this order; undefined for one that got nobody. */
function planned(
  index: AgentIndex,
  records: readonly TaskRecord[],
  more: Partial<Routing> = {},
  held = new HeldTasks(),
  resting = nobodyRests(),
): (Placement | undefined)[] {
  const routing = { ...DEFAULT_ROUTING, ...more };
  const plan = new AssignmentPlan(index, { routing, resting, held, nowMs: NOW });
  return planAll(plan, records);
}
const holders = (placements: readonly (Placement | undefined)[]): (AgentId | undefined)[] =>
  placements.map((placement) => placement?.seat.agent.id);
const tasksOf = (...specs: Partial<TaskSpecInput>[]) => specs.map((spec) => aRecord('ready', {}, spec));

describe('a scarce agent', () => {
  const both = anAgent({ skills: skills('go', 'rust') });
  const plain = anAgent({ skills: [{ name: 'go', level: 0.5 }] });
  const tasks = tasksOf(needs('go'), needs('rust'));

  it('is kept for the task that needs it, which is told of', () => {
    expect(holders(planned(fleetOf(both, plain), tasks, { assignment: 'greedy' }))).toEqual([
      both.agent_id,
      undefined,
    ]);
    const placements = planned(fleetOf(both, plain), tasks);
    expect(holders(placements)).toEqual([plain.agent_id, both.agent_id]);
    const [first, second] = placements.map((placement) => {
      if (placement === undefined) throw new Error('it got nobody');
      return readDecision(keepDecision(placement.grounds, { attempt: 1, epoch: 1, nowMs: NOW }).json);
    });
    expect(first).toMatchObject({
      agent_id: plain.agent_id,
      scored: 2,
      batch: {
        ...{ tasks: 2, best_agent_id: both.agent_id, given_to: tasks[1]?.task_id },
        reason: 'only_agent',
      },
    });
    expect(first?.candidates.map(({ agent_id }) => agent_id)).toEqual([both.agent_id, plain.agent_id]);
    expect(second?.agent_id).toBe(both.agent_id);
    expect(second).not.toHaveProperty('batch');
  });

  it('is made free by a chain of exchanges', () => {
    const ab = anAgent({ skills: skills('a', 'b') });
    const bc = anAgent({ skills: [...skills('c'), { name: 'b', level: 0.9 }] });
    const c = anAgent({ skills: [{ name: 'c', level: 0.5 }] });
    const chain = tasksOf(needs('c'), needs('b'), needs('a'));
    expect(holders(planned(fleetOf(ab, bc, c), chain))).toEqual([c.agent_id, bc.agent_id, ab.agent_id]);
  });

  it('is not taken from an earlier task that could go nowhere else', () => {
    const only = tasksOf(needs('rust'), { ...needs('rust'), priority: 'low' }, needs('go'));
    const placements = planned(fleetOf(both), only);
    expect(holders(placements)).toEqual([both.agent_id, undefined, undefined]);
  });
});

describe('an agent on trial after a rest', () => {
  it('is not exchanged, nor given a second task', () => {
    const tried = anAgent({ capacity: 3, skills: skills('go', 'rust') });
    const other = anAgent({ skills: skills('go') });
    const resting = new RestingAgents({ afterFailures: 1, firstMs: 1, longestMs: 1 });
    const failing = openDraft(aRecord('running', { agent_id: tried.agent_id, attempt: 1 }));
    const error = { code: 'AGENT_REPORTED', message: 'no' };
    const moment = { nowMs: NOW - 10, random: () => 0.5 };
    resting.observe(failAttempt(failing, { error, actor: 'agent' }, moment), NOW - 10);
    const tasks = tasksOf(needs('rust'), needs('go'), needs('go'));
    const placements = planned(fleetOf(tried, other), tasks, {}, new HeldTasks(), resting);
    expect(holders(placements)).toEqual([tried.agent_id, other.agent_id, undefined]);
  });
});

describe('where nothing is contended', () => {
  it('a batch is what greedy makes of it, whatever the strategy', () => {
    for (const strategy of ROUTING_STRATEGIES) {
      const agents = Array.from({ length: 6 }, (_, i) =>
        anAgent({ capacity: 20, skills: [{ name: 'go', level: (i + 1) / 6 }] }),
      );
      const tasks = tasksOf(...Array.from({ length: 8 }, () => needs('go')), ...[needs()]);
      const greedy = planned(fleetOf(...agents), tasks, { assignment: 'greedy', strategy });
      const batch = planned(fleetOf(...agents), tasks, { strategy });
      expect(holders(batch)).toEqual(holders(greedy));
      expect(batch.map((one) => one?.grounds.choice.score)).toEqual(
        greedy.map((one) => one?.grounds.choice.score),
      );
    }
  });
});

describe('tasks that differ by what they prefer', () => {
  it('get the agents that suit them best in sum', () => {
    const both = anAgent({ skills: skills('go', 'sql', 'css') });
    const sql = anAgent({ skills: skills('go', 'sql') });
    const tasks = tasksOf(
      { ...needs('go'), preferred_skills: ['sql'] },
      { ...needs('go'), preferred_skills: ['css'] },
    );
    const placements = planned(fleetOf(both, sql), tasks);
    expect(holders(placements)).toEqual([sql.agent_id, both.agent_id]);
    expect(placements[0]?.grounds).not.toHaveProperty('instead');
  });
});

describe('any plan', () => {
  const names = ['a', 'b', 'c', 'd'];
  const agent = fc.record({
    skills: fc.subarray(names, { minLength: 1 }),
    level: fc.constantFrom(0.2, 0.6, 1),
    capacity: fc.integer({ min: 1, max: 3 }),
  });
  const task = fc.record({
    needs: fc.subarray(names, { maxLength: 2 }),
    likes: fc.subarray(names, { maxLength: 1 }),
    label: fc.constantFrom('x', 'y', undefined),
    spread: fc.boolean(),
  });

  /** How many of the first n can be served together, for each n: what the lines' order allows. */
  function servedInOrder(index: AgentIndex, records: readonly TaskRecord[]): boolean[] {
    const taken: { readonly demand: ReturnType<typeof demandOf>; agent?: AgentId }[] = [];
    const agents = [...index.agents()];
    const used = new Map<AgentId, number>();
    const tryPlace = (one: (typeof taken)[number], seen: Set<AgentId>): boolean => {
      for (const { id, record } of agents.filter((agent) => canDo(agent, one.demand))) {
        if (seen.has(id)) continue;
        seen.add(id);
        if ((used.get(id) ?? 0) < record.capacity) {
          used.set(id, (used.get(id) ?? 0) + 1);
          one.agent = id;
          return true;
        }
        for (const other of taken.filter(({ agent }) => agent === id)) {
          if (!tryPlace(other, seen)) continue;
          one.agent = id;
          return true;
        }
      }
      return false;
    };
    return records.map(({ spec }) => {
      const one = { demand: demandOf(spec) };
      const placed = tryPlace(one, new Set());
      if (placed) taken.push(one);
      return placed;
    });
  }

  it('serves whom the order allows, reserves what it says, and no slot twice', () => {
    fc.assert(
      fc.property(
        fc.array(agent, { minLength: 1, maxLength: 6 }),
        fc.array(task, { minLength: 1, maxLength: 12 }),
        fc.constantFrom(...ROUTING_STRATEGIES),
        fc.boolean(),
        (agents, tasks, strategy, withSpread) => {
          const make = () =>
            fleetOf(
              ...agents.map(({ skills: own, level, capacity }) =>
                anAgent({ capacity, skills: own.map((name) => ({ name, level })) }),
              ),
            );
          const records = tasksOf(
            ...tasks.map(({ needs: required_skills, likes, label, spread }) => ({
              ...{ required_skills, preferred_skills: likes },
              ...(label !== undefined && { labels: { group: label } }),
              ...(withSpread && spread && label !== undefined && { spread: { label: 'group' } }),
            })),
          );
          const index = make();
          const held = new HeldTasks();
          const placements = planned(index, records, { strategy }, held);
          if (!withSpread)
            expect(placements.map((one) => one !== undefined)).toEqual(servedInOrder(make(), records));
          for (const one of index.agents()) {
            const own = placements.filter((placement) => placement?.seat.agent === one);
            expect(one.reserved).toBe(own.length);
            expect(own.length).toBeLessThanOrEqual(one.record.capacity);
            const groups = own.map((placement) => placement?.record.spec.labels.group);
            for (const group of ['x', 'y'])
              expect(held.hasLabelled(one.id, 'group', group)).toBe(groups.includes(group));
          }
          for (const placement of placements) {
            if (placement === undefined) continue;
            expect(canDo(placement.seat.agent, placement.demand)).toBe(true);
            expect(placement.grounds.choice.agent).toBe(placement.seat.agent);
            expect(placement.grounds.choice.top).toContainEqual(
              expect.objectContaining({ agent: placement.seat.agent }),
            );
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('the agent a submitter prefers', () => {
  it('is compared however many stand before it, if it is free and can do it', () => {
    const many = Array.from({ length: 100 }, () => anAgent());
    const last = many.at(-1)?.agent_id;
    const prefers = (id: AgentId | undefined) => tasksOf({ preferred_agent: id, ...needs() });
    expect(holders(planned(fleetOf(...many), prefers(last)))).toEqual([last]);
    const unable = anAgent({ role: 'other' });
    const asked = tasksOf({ preferred_agent: unable.agent_id, role: many[0]?.role });
    expect(holders(planned(fleetOf(...many, unable), asked))).toEqual([many[0]?.agent_id]);
    const index = fleetOf(...many);
    if (last !== undefined) index.setTaken(last, 1_000);
    expect(holders(planned(index, prefers(last)))).toEqual([many[0]?.agent_id]);
  });
});
