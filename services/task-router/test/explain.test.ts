// Decisions tell their reasons: what was kept of each assignment, and why a task waits; and submitters take turns.
import {
  newTaskId,
  TaskExplainV1,
  type TaskId,
  type TaskSpecInput,
  TaskSubmittedV1,
} from '@nova-torch/protocol';
import type { AssembledService } from '@nova-torch/service-kit';
import { eventually } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keys, type Rig, startRig, startRouter, streams } from './support/rig.ts';
import { say } from './support/say.ts';
import type { TestAgent, TestAgentOptions } from './support/test-agent.ts';

let rig: Rig;
let router: AssembledService;

beforeAll(async () => {
  rig = await startRig();
  router = await startRouter(rig.url, {
    NOVA_ASSIGNMENT_LEASE_MS: '10000',
    // One agent is to fail at all attempts of a task without a rest.
    NOVA_REST_AFTER_FAILURES: '10',
  });
});
afterAll(async () => {
  await router.stop();
  await rig.stop();
});

async function submitAs(submitter: string, spec: Partial<TaskSpecInput>): Promise<TaskId> {
  const task_id = newTaskId(0, Date.now());
  const payload = { task_id, spec: { title: 'a task', ...spec }, submitter };
  await rig.send(streams.tasksQueue, say(TaskSubmittedV1, payload));
  return task_id;
}
/** Agents that join, known to the router when it resolves. */
async function join(...all: TestAgentOptions[]): Promise<TestAgent[]> {
  const agents: TestAgent[] = [];
  for (const one of all) agents.push(await rig.agent(one));
  await rig.known(router);
  return agents;
}
const holds = { work: () => undefined };

describe('an assignment', { timeout: 60_000 }, () => {
  it('tells who was compared, and who was not and why', async () => {
    const skills = [{ name: 'plot', level: 1 }];
    const [good, poor] = await join(
      { registration: { role: 'seer', skills } },
      { registration: { role: 'seer', skills: [{ name: 'plot', level: 0.2 }] } },
      { registration: { role: 'seer' } },
    );
    const taskId = await rig.submit({ role: 'seer', required_skills: ['plot'] });
    await rig.until(taskId, 'completed');
    const { decisions, waiting, status } = await rig.explain(taskId);
    expect([status, waiting, decisions.length]).toEqual(['completed', undefined, 1]);
    const [decision] = decisions;
    expect(decision).toMatchObject({ attempt: 1, agent_id: good?.id, strategy: 'score', scored: 2 });
    expect(decision?.candidates.map(({ agent_id }) => agent_id)).toEqual([good?.id, poor?.id]);
    expect(decision?.candidates[0]?.factors.skill).toBe(1);
    expect(decision?.passed_over).toMatchObject({ missing_skill: { plot: 1 } });
    expect(decision?.at_ms).toBe((await rig.history(taskId)).find(({ to }) => to === 'assigned')?.at_ms);
  });

  it('of a second attempt prefers another agent than the one that failed', async () => {
    const fails = { work: (a: never, me: { failed(a: never): Promise<void> }) => me.failed(a) } as object;
    const failing = { registration: { role: 'twice', capacity: 9 }, ...fails };
    const agents = await join(failing, failing);
    const backoff = { initial_s: 0, max_s: 0 };
    const taskId = await rig.submit({ role: 'twice', max_retries: 1, retry_backoff: backoff });
    await rig.until(taskId, 'failed');
    const [second, first] = (await rig.explain(taskId)).decisions;
    expect([first?.attempt, second?.attempt]).toEqual([1, 2]);
    expect(new Set([first?.agent_id, second?.agent_id])).toEqual(new Set(agents.map(({ id }) => id)));
    const failed = second?.candidates.find(({ agent_id }) => agent_id === first?.agent_id);
    expect(failed?.factors.context).toBe(0);
  });

  it('keeps the last four decisions of a task', async () => {
    const fails = { work: (a: never, me: { failed(a: never): Promise<void> }) => me.failed(a) } as object;
    await rig.agent({ registration: { role: 'again', capacity: 9 }, ...fails });
    const backoff = { initial_s: 0, max_s: 0 };
    const taskId = await rig.submit({ role: 'again', max_retries: 5, retry_backoff: backoff });
    await rig.until(taskId, 'failed');
    expect((await rig.explain(taskId)).decisions.map(({ attempt }) => attempt)).toEqual([6, 5, 4, 3]);
  });
});

describe('a task that waits', { timeout: 60_000 }, () => {
  it('tells why each agent is none for it, and what its submitter may have meant', async () => {
    await join({ registration: { role: 'smith', skills: ['forge'] } });
    const taskId = await rig.submit({ role: 'smith', required_skills: ['forgee'] });
    await rig.until(taskId, 'ready');
    const { waiting, decisions } = await rig.explain(taskId);
    expect(decisions).toEqual([]);
    expect(waiting?.line).toEqual({ ahead: 0, waiting: 1 });
    expect(waiting?.unknown).toEqual([{ field: 'required_skills', name: 'forgee', did_you_mean: 'forge' }]);
    expect(waiting?.passed_over).toContainEqual(
      expect.objectContaining({ reason: 'missing_skill', what: 'forgee', count: 1 }),
    );
    const total = waiting?.passed_over?.reduce((sum, { count }) => sum + count, 0);
    expect(total).toBe(waiting?.agents_known);
    const dependent = await rig.submit({ dependencies: [taskId] });
    await rig.until(dependent, 'blocked');
    expect((await rig.explain(dependent)).waiting?.dependencies).toEqual([
      { task_id: taskId, status: 'ready' },
    ]);
    await rig.cancel(taskId);
  });

  it('that does not exist is unknown', async () => {
    const question = say(TaskExplainV1, { task_id: newTaskId(0, Date.now()) });
    const answer = await rig.ask(streams.tasksQueries, question);
    expect(answer).toMatchObject({ type: 'request.refused.v1', payload: { code: 'TASK_UNKNOWN' } });
  });
});

describe('labels', { timeout: 60_000 }, () => {
  it('keep a task for the agents that have them, and away from others, blocking nobody', async () => {
    const [blue] = await join({ registration: { role: 'tagged', labels: { zone: 'blue' } }, ...holds });
    const affinity = { labels: { zone: 'green' }, required: true };
    const green = await rig.submit({ role: 'tagged', affinity });
    await rig.until(green, 'ready');
    const { waiting } = await rig.explain(green);
    expect(waiting?.passed_over).toContainEqual(
      expect.objectContaining({ reason: 'affinity', what: 'zone=green', agent_ids: [blue?.id] }),
    );
    const anyone = await rig.submit({ role: 'tagged' });
    await rig.until(anyone, 'assigned');
    const away = await rig.submit({ role: 'tagged', anti_affinity: { labels: { zone: 'blue' } } });
    await rig.until(away, 'ready');
    const late = await rig.agent({
      registration: { role: 'tagged', labels: { zone: 'green' }, capacity: 2 },
      ...holds,
    });
    for (const taskId of [green, away]) {
      expect((await rig.until(taskId, 'assigned')).agent_id).toBe(late.id);
    }
    expect(await rig.broker.call('KEYS', keys.waiting('tagged|*'))).toEqual([]);
  });
});

describe('submitters', { timeout: 60_000 }, () => {
  it('take turns in a class, whatever one of them put in before', async () => {
    const ids = await Promise.all(Array.from({ length: 40 }, () => submitAs('many', { role: 'shared' })));
    const one = await submitAs('one', { role: 'shared' });
    for (const id of [...ids, one]) await rig.until(id, 'ready');
    const agent = await rig.agent({ registration: { role: 'shared', capacity: 1 } });
    await rig.until(one, 'completed');
    await eventually(() => agent.assignments.length >= 5);
    const place = agent.assignments.findIndex(({ task_id }) => task_id === one);
    expect(place).toBeLessThanOrEqual(1);
    for (const id of ids) await rig.until(id, 'completed');
  });
});
