import type { TaskSpecInput } from '@nova-torch/protocol';
import { TaskSpec } from '@nova-torch/protocol';
import { describe, expect, it } from 'vitest';
import { anAgent, aRecord, NOW, planAll } from '../../test/support/make.ts';
import { AgentIndex } from './agent-index.ts';
import { AssignmentPlan } from './assignment-plan.ts';
import { explainTask } from './explain-task.ts';
import { HeldTasks } from './held-tasks.ts';
import type { IndexedAgent } from './indexed-agent.ts';
import { freedBy } from './parked.ts';
import { RestingAgents } from './resting.ts';
import { DEFAULT_ROUTING } from './routing.ts';
import { apartOf } from './spread.ts';
import { classOf, demandOf } from './waiting.ts';
import { WaitingLines } from './waiting-lines.ts';

const [a, b, c] = [anAgent({ host: 'h1' }), anAgent({ host: 'h1' }), anAgent({ host: 'h2' })].map(
  (agent) => ({
    ...agent,
    capacity: 4,
  }),
);
if (a === undefined || b === undefined || c === undefined) throw new Error('three agents');

const resting = new RestingAgents({ afterFailures: 3, firstMs: 1_000, longestMs: 1_000 });
const ofAcme = (spread?: TaskSpecInput['spread'], more: Partial<TaskSpecInput> = {}) =>
  aRecord('ready', {}, { labels: { customer: 'acme' }, ...(spread && { spread }), ...more });

function world(...agents: ReturnType<typeof anAgent>[]) {
  const index = new AgentIndex();
  for (const agent of agents) index.put(agent);
  const held = new HeldTasks();
  const terms = { routing: DEFAULT_ROUTING, resting, held, nowMs: NOW };
  const give = (...records: ReturnType<typeof aRecord>[]) => {
    const plan = new AssignmentPlan(index, terms);
    return planAll(plan, records);
  };
  return { index, held, terms, give };
}

describe('a task that is kept apart', () => {
  const required = { label: 'customer', required: true } as const;

  it('goes to an agent without such a task, also of the same go; else it gets nobody', () => {
    const { give } = world(a, b);
    const placements = give(ofAcme(), ofAcme(required), ofAcme(required));
    const [first, second, third] = placements.map((one) => one?.seat.agent.id);
    expect(new Set([first, second])).toEqual(new Set([a.agent_id, b.agent_id]));
    expect(third).toBeUndefined();
    expect(placements[1]?.grounds.passedOver).toMatchObject({ spread: 1 });
    const [other] = give(ofAcme(required, { labels: { customer: 'other' } }));
    expect(other).toBeDefined();
  });

  it('goes beside another when it only should not, and says so', () => {
    const { give } = world(a);
    const [, second] = give(ofAcme(), ofAcme({ label: 'customer' }));
    expect(second?.grounds).toMatchObject({ crowded: true, passedOver: {} });
  });

  it('is kept apart over hosts', () => {
    const { give } = world(a, b, c);
    const spread = { label: 'customer', over: 'host', required: true } as const;
    const hosts = give(ofAcme(spread), ofAcme(spread), ofAcme(spread)).map(
      (one) => one?.seat.agent.record.host,
    );
    expect(new Set(hosts.slice(0, 2))).toEqual(new Set(['h1', 'h2']));
    expect(hosts[2]).toBeUndefined();
  });

  it('is not moved beside another for the sake of a later task', () => {
    const skilled = (agent: typeof a, ...names: string[]) => ({
      ...{ ...agent, capacity: 1 },
      skills: names.map((name) => ({ name, level: 1 })),
    });
    const { give, held } = world({ ...skilled(a, 'go'), capacity: 2 }, skilled(b, 'go', 'css'));
    held.add(a.agent_id, ofAcme().task_id, { customer: 'acme' });
    const needs = (skill: string) => ({ required_skills: [skill] });
    const [apart, later] = give(ofAcme(required, needs('go')), aRecord('ready', {}, needs('css')));
    expect([apart?.seat.agent.id, later]).toEqual([b.agent_id, undefined]);
    const [, moved] = world(skilled(a, 'go'), skilled(b, 'go', 'css')).give(
      aRecord('ready', {}, needs('go')),
      aRecord('ready', {}, needs('css')),
    );
    expect(moved?.seat.agent.id).toBe(b.agent_id);
  });

  it('looks past the first candidates when it must', () => {
    const many = Array.from({ length: 80 }, () => anAgent({ capacity: 2 }));
    const { give, held } = world(...many, { ...a, capacity: 2 });
    for (const { agent_id } of many) held.add(agent_id, aRecord('running').task_id, { customer: 'acme' });
    expect(give(ofAcme(required))[0]?.seat.agent.id).toBe(a.agent_id);
  });

  it('is refused when it has not the label it is to be spread by', () => {
    const spread = { label: 'constructor' };
    const { error } = TaskSpec.safeParse({ title: 't', labels: { customer: 'acme' }, spread });
    expect(error?.issues).toEqual([expect.objectContaining({ path: ['spread', 'label'] })]);
  });

  it('is told of while it waits', () => {
    const { index, held } = world(a, c);
    for (const agent of [a, c]) held.add(agent.agent_id, ofAcme().task_id, { customer: 'acme' });
    const around = { agents: index, routing: DEFAULT_ROUTING, held, states: new Map(), line: undefined };
    const told = explainTask(ofAcme(required), { ...around, nowMs: NOW, nearest: () => undefined });
    expect(told?.reason).toBe(
      'an agent without a task with the label customer=acme: 2 can do it, 2 with a free slot, none without such a task',
    );
    expect(told?.passed_over).toEqual([
      expect.objectContaining({ reason: 'spread', what: 'customer=acme', count: 2 }),
    ]);
    const soft = explainTask(ofAcme({ label: 'customer' }), {
      ...around,
      nowMs: NOW,
      nearest: () => undefined,
    });
    expect(soft?.passed_over).toEqual([]);
  });
});

describe('tasks set aside', () => {
  const lines = new WaitingLines();
  const parked = (record: ReturnType<typeof aRecord>, score: number) => ({
    line: lines.open(`${classOf(demandOf(record.spec))}||normal|me`, true),
    waiter: { taskId: record.task_id, score },
    taskType: record.spec.task_type,
    apart: apartOf(record.spec),
  });
  const agentOf = (index: AgentIndex, { agent_id }: { agent_id: IndexedAgent['id'] }): IndexedAgent => {
    const agent = index.get(agent_id);
    if (agent === undefined) throw new Error('not in the index');
    return agent;
  };

  it('come back when an agent has no such task any more: of those of one value the first', () => {
    const { index, held, terms } = world(a, c);
    const required = { label: 'customer', required: true } as const;
    const running = ofAcme().task_id;
    held.add(a.agent_id, running, { customer: 'acme' });
    const waiting = [parked(ofAcme(required), 9), parked(ofAcme(required), 1), parked(aRecord('ready'), 5)];
    const back = () => freedBy(agentOf(index, a), waiting, index, terms);
    expect(back()).toEqual([waiting[2]]);
    held.remove(a.agent_id, running);
    expect(back()).toEqual([waiting[2], waiting[1]]);
  });

  it('come back when a host has no such task any more, whoever of it had it', () => {
    const { index, held, terms } = world({ ...a, role: 'other' }, b);
    const spread = { label: 'customer', over: 'host', required: true } as const;
    const waiting = [parked(ofAcme(spread, { role: 'developer' }), 1)];
    held.add(b.agent_id, ofAcme().task_id, { customer: 'acme' });
    expect(freedBy(agentOf(index, a), waiting, index, terms)).toEqual([]);
    for (const taskId of held.of(b.agent_id)) held.remove(b.agent_id, taskId);
    expect(freedBy(agentOf(index, a), waiting, index, terms)).toEqual(waiting);
  });
});

describe('what agents hold', () => {
  it('counts what is on its way, until it is written or given up', () => {
    const held = new HeldTasks();
    const { task_id: taskId } = ofAcme();
    const has = (agent: typeof a) => held.hasLabelled(agent.agent_id, 'customer', 'acme');
    held.expect(a.agent_id, taskId, { customer: 'acme' });
    expect([has(a), held.size]).toEqual([true, 0]);
    held.expect(b.agent_id, taskId, { customer: 'acme' });
    expect([has(a), has(b)]).toEqual([false, true]);
    held.add(b.agent_id, taskId, { customer: 'acme' });
    expect([has(b), held.size]).toEqual([true, 1]);
    held.expectNot(taskId);
    expect(has(b)).toBe(true);
    held.replace(b.agent_id, new Map());
    expect([has(b), held.size]).toEqual([false, 0]);
    held.expect(a.agent_id, taskId, { customer: 'acme' });
    held.add(a.agent_id, taskId, { customer: 'acme' });
    held.remove(a.agent_id, taskId);
    expect([has(a), held.size]).toEqual([false, 0]);
    expect(held.hasLabelled(b.agent_id, 'constructor', 'x')).toBe(false);
  });
});
