// Workflows and edges with a real broker, a real registry, real agents and routers that are killed.
import {
  newTaskId,
  type OnFailure,
  seriesOf,
  type TaskDependency,
  type TaskId,
  TaskSpec,
  type TaskSpecInput,
  WorkflowCancelV1,
  WorkflowGetV1,
  WorkflowSubmittedV1,
} from '@nova-torch/protocol';
import type { AssembledService } from '@nova-torch/service-kit';
import { eventually } from '@nova-torch/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { keys, type Rig, startRig, startRouter, streams } from './support/rig.ts';
import { say } from './support/say.ts';
import type { TestAgent } from './support/test-agent.ts';

let rig: Rig;
let router: AssembledService | undefined;
let agent: TestAgent | undefined;

beforeAll(async () => {
  rig = await startRig();
});
afterEach(async () => {
  await agent?.leave();
  agent = undefined;
  await router?.stop();
  router = undefined;
});
afterAll(async () => {
  await rig.stop();
});

const start = async (env: Record<string, string> = {}): Promise<void> => {
  router = await startRouter(rig.url, env);
};

/** An agent that fails the tasks it is told to, and does the others. */
async function join(role: string, capacity = 8): Promise<TestAgent> {
  agent = await rig.agent({
    registration: { role, capacity },
    work: (assignment, self) =>
      assignment.spec.inputs.fail === true
        ? self.failed(assignment, { retryable: false })
        : self.completed(assignment),
  });
  return agent;
}

interface Node {
  readonly after?: readonly number[];
  readonly onFailure?: OnFailure;
  readonly fails?: boolean;
  readonly outside?: readonly TaskDependency[];
}

let workflows = 0;

function workflowOf(nodes: readonly Node[], common: Partial<TaskSpecInput> = {}) {
  workflows += 1;
  const workflowId = `wf-${process.pid}-${workflows}`;
  const ids = seriesOf(newTaskId(0, Date.now()), nodes.length);
  const tasks = nodes.map(({ after = [], onFailure = 'fail', fails = false, outside = [] }, index) => ({
    task_id: ids[index] as TaskId,
    spec: TaskSpec.parse({
      title: `task ${index}`,
      max_retries: 0,
      ...common,
      workflow_id: workflowId,
      workflow_key: `k${index}`,
      inputs: { fail: fails },
      dependencies: [
        ...outside,
        ...after.map((one) => ({ task_id: ids[one], on_failure: onFailure, if_unknown: 'refuse' })),
      ],
    }),
  }));
  return {
    workflowId,
    ids,
    message: () => say(WorkflowSubmittedV1, { workflow_id: workflowId, tasks, submitter: 'rig' }),
  };
}

async function shown(workflowId: string) {
  const answer = await rig.ask(streams.tasksQueries, say(WorkflowGetV1, { workflow_id: workflowId }));
  if (answer.type !== 'workflow.state.v1') throw new Error(JSON.stringify(answer.payload));
  return answer.payload;
}

describe('a workflow', () => {
  it('runs each task behind those it depends on, whatever order the agents are free in', async () => {
    await start();
    const working = await join('ordered');
    const nodes: Node[] = [{}, { after: [0] }, { after: [0] }, { after: [1, 2] }, {}];
    const { workflowId, ids, message } = workflowOf(nodes, { role: 'ordered' });
    const answer = await rig.ask(streams.tasksQueue, message());
    expect(answer).toMatchObject({
      type: 'workflow.accepted.v1',
      payload: { workflow_id: workflowId, tasks: 5, repeated: false },
    });
    for (const taskId of ids) await rig.until(taskId, 'completed');
    const given = working.assignments.map(({ task_id }) => task_id);
    for (const [index, { after = [] }] of nodes.entries()) {
      for (const one of after)
        expect(given.indexOf(ids[one] as TaskId)).toBeLessThan(given.indexOf(ids[index] as TaskId));
    }
    expect(given).toHaveLength(5);
    const { tasks } = await shown(workflowId);
    expect(tasks.map(({ key, status }) => `${key} ${status}`)).toEqual(
      nodes.map((_, n) => `k${n} completed`),
    );
    expect(tasks[3]?.depends_on.map(({ task_id }) => task_id)).toEqual([ids[1], ids[2]]);
  });

  it('does for each edge what it says when a task fails, and tells the one that runs all the same', async () => {
    await start();
    const working = await join('modes');
    const { ids, message } = workflowOf(
      [
        { fails: true },
        { after: [0], onFailure: 'fail' },
        { after: [0], onFailure: 'skip' },
        { after: [0], onFailure: 'run' },
        { after: [2], onFailure: 'run' },
        { after: [2], onFailure: 'fail' },
      ],
      { role: 'modes' },
    );
    await rig.ask(streams.tasksQueue, message());
    const [broken, , , told, toldOfSkip] = ids as [TaskId, TaskId, TaskId, TaskId, TaskId];
    await rig.until(broken, 'failed');
    expect((await rig.until(ids[1] as TaskId, 'failed')).error?.code).toBe('DEPENDENCY_FAILED');
    const skipped = await rig.until(ids[2] as TaskId, 'cancelled');
    expect(skipped.error).toMatchObject({
      code: 'DEPENDENCY_SKIPPED',
      message: expect.stringMatching(/^skipped: /),
    });
    expect(skipped.attempt).toBe(0);
    await rig.until(told, 'completed');
    await rig.until(toldOfSkip, 'completed');
    expect((await rig.until(ids[5] as TaskId, 'failed')).error?.code).toBe('DEPENDENCY_FAILED');
    const handed = (taskId: TaskId) =>
      working.assignments.find(({ task_id }) => task_id === taskId)?.dependency_results;
    expect(handed(told)).toMatchObject({
      [broken]: { failed: { status: 'failed', error: { code: 'AGENT_REPORTED' } } },
    });
    expect(handed(toldOfSkip)).toMatchObject({
      [ids[2] as string]: { failed: { status: 'cancelled', error: { code: 'DEPENDENCY_SKIPPED' } } },
    });
  });

  it('is the same one when its message comes twice at once, and another one of its id is refused', async () => {
    await start();
    const { workflowId, ids, message } = workflowOf([{}, { after: [0] }], { role: 'twice' });
    const [one, two] = await Promise.all(
      [message(), message()].map((each) => rig.ask(streams.tasksQueue, each)),
    );
    const answers = [one, two].map((each) => (each?.payload as { repeated?: boolean } | undefined)?.repeated);
    expect(answers.sort()).toEqual([false, true]);
    const changes = (await rig.messages(streams.tasksActive)).flatMap((each) =>
      each.type === 'task.changed.v1' ? each.payload.changes : [],
    );
    const born = changes.filter(({ task_id, from }) => ids.includes(task_id) && from === 'none');
    expect(born).toHaveLength(2);
    const other = workflowOf([{}]).message();
    const stolen = {
      ...other,
      payload: { ...(other.payload as object), workflow_id: workflowId },
    } as typeof other;
    expect(await rig.ask(streams.tasksQueue, stolen)).toMatchObject({ payload: { code: 'WORKFLOW_EXISTS' } });
  });

  it('of which one task depends on an unknown one outside is refused whole, with its place', async () => {
    await start();
    const outside = newTaskId(0, Date.now());
    const { workflowId, message } = workflowOf([{}, { after: [0], outside: [outside] }]);
    const answer = await rig.ask(streams.tasksQueue, message());
    expect(answer.payload).toMatchObject({ code: 'DEPENDENCY_UNKNOWN', field: 'tasks/1/dependencies/0' });
    expect(await rig.broker.call('EXISTS', keys.workflow(workflowId))).toBe(0);
  });

  it('is cancelled whole: nothing begins because another task ends', async () => {
    await start();
    const { workflowId, ids, message } = workflowOf(
      [{}, { after: [0], onFailure: 'run' }, { after: [1], onFailure: 'run' }],
      { role: 'nobody-here' },
    );
    await rig.ask(streams.tasksQueue, message());
    await rig.until(ids[0] as TaskId, 'ready');
    const cancel = say(WorkflowCancelV1, { workflow_id: workflowId, reason: 'not needed', by: 'tester' });
    const answer = await rig.ask(streams.tasksQueue, cancel);
    expect(answer.payload).toEqual({ workflow_id: workflowId, cancelled: 3, ended: 0 });
    expect((await shown(workflowId)).tasks.map(({ status }) => status)).toEqual([
      'cancelled',
      'cancelled',
      'cancelled',
    ]);
    const again = say(WorkflowCancelV1, { workflow_id: workflowId, reason: 'not needed', by: 'tester' });
    expect((await rig.ask(streams.tasksQueue, again)).payload).toMatchObject({ cancelled: 0, ended: 3 });
    const none = say(WorkflowCancelV1, { workflow_id: 'wf-none', reason: 'so', by: 'tester' });
    expect((await rig.ask(streams.tasksQueue, none)).payload).toMatchObject({ code: 'WORKFLOW_UNKNOWN' });
  });

  it('is forgotten with its tasks', async () => {
    await start({ NOVA_RETENTION_MS: '1000' });
    await join('forgotten');
    const { workflowId, message } = workflowOf([{}, { after: [0] }], { role: 'forgotten' });
    await rig.ask(streams.tasksQueue, message());
    await eventually(async () => {
      expect(await rig.broker.call('EXISTS', keys.workflow(workflowId))).toBe(0);
    });
  });

  it('of many tasks in one chain goes through it, one level after another', {
    timeout: 120_000,
  }, async () => {
    await start();
    const working = await join('chain');
    const nodes = Array.from({ length: 200 }, (_, n): Node => (n === 0 ? {} : { after: [n - 1] }));
    const { ids, message } = workflowOf(nodes, { role: 'chain' });
    await rig.ask(streams.tasksQueue, message());
    await rig.until(ids[199] as TaskId, 'completed', 100_000);
    expect(working.assignments.map(({ task_id }) => task_id)).toEqual(ids);
  });

  it('whose first task fails ends whole, a thousand levels down', { timeout: 120_000 }, async () => {
    await start();
    await join('falling');
    const nodes = Array.from(
      { length: 1_000 },
      (_, n): Node => (n === 0 ? { fails: true } : { after: [n - 1] }),
    );
    const { workflowId, ids, message } = workflowOf(nodes, { role: 'falling' });
    await rig.ask(streams.tasksQueue, message());
    await rig.until(ids[999] as TaskId, 'failed', 110_000);
    const { tasks } = await shown(workflowId);
    expect(new Set(tasks.map(({ status }) => status))).toEqual(new Set(['failed']));
  });
});

describe('an awaited task', () => {
  it('is waited for until it was submitted and has ended, even when it is forgotten before the others end', async () => {
    await start();
    const later = newTaskId(0, Date.now());
    const slow = await rig.submit({ role: 'slow-one' });
    const waiting = await rig.submit({
      role: 'awaiting',
      dependencies: [{ task_id: later, if_unknown: 'await' }, slow],
    });
    expect((await rig.until(waiting, 'blocked')).waiting_for).toContain(`${later} (not submitted yet)`);
    await join('awaiting');
    await rig.submitAsking({ role: 'awaiting' }, later);
    await rig.until(later, 'completed');
    await eventually(async () => {
      expect((await rig.broker.call('HGET', keys.task(waiting), 'live')) as string).toContain(
        'awaited_ended',
      );
    });
    await router?.stop();
    await rig.broker.call('DEL', keys.task(later));
    await start();
    const other = await rig.agent({ registration: { role: 'slow-one' } });
    await rig.until(slow, 'completed');
    await rig.until(waiting, 'completed');
    await other.leave();
  });

  it('that never comes expires who waits, and leaves nothing behind', async () => {
    await start();
    const never = newTaskId(0, Date.now());
    const waiting = await rig.submit({ ttl: 0.3, dependencies: [{ task_id: never, if_unknown: 'await' }] });
    expect((await rig.until(waiting, 'expired')).error?.code).toBe('TTL_PASSED');
    expect(await rig.broker.call('EXISTS', keys.dependents(never))).toBe(0);
  });

  it('of another partition is refused, and so is one that would close a ring', async () => {
    await start();
    const elsewhere = newTaskId(1, Date.now());
    const foreign = await rig.submitAsking({ dependencies: [{ task_id: elsewhere, if_unknown: 'await' }] });
    expect(foreign.payload).toMatchObject({ code: 'DEPENDENCY_UNKNOWN' });
    const later = newTaskId(0, Date.now());
    const first = await rig.submit({ dependencies: [{ task_id: later, if_unknown: 'await' }] });
    const second = await rig.submit({ dependencies: [first] });
    await rig.until(second, 'blocked');
    const closing = await rig.submitAsking({ dependencies: [second] }, later);
    expect(closing.payload).toMatchObject({
      code: 'DEPENDENCY_CYCLE',
      detail: expect.stringContaining(`${later} -> ${second} -> ${first} -> ${later}`),
    });
    const itself = newTaskId(0, Date.now());
    const own = await rig.submitAsking({ dependencies: [{ task_id: itself, if_unknown: 'await' }] }, itself);
    expect(own.payload).toMatchObject({ code: 'DEPENDENCY_CYCLE' });
  });
});
