import type { TaskId } from '@nova-torch/protocol';
import { eventually, startTestBroker, type TestBroker } from '@nova-torch/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Agent, type AgentOptions, streamsTransport, TaskFailure, type TaskHandler } from '../src/index.ts';
import { Platform } from './platform.ts';

let broker: TestBroker;
let platform: Platform;
const agents: Agent[] = [];

beforeAll(async () => {
  broker = await startTestBroker();
});
afterAll(() => broker.stop());
beforeEach(async () => {
  await broker.flush();
  platform = await Platform.open({ brokerUrl: broker.url });
});
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.stop()));
  await platform.close();
});

async function startAgent(handler: TaskHandler, options: Partial<AgentOptions> = {}): Promise<Agent> {
  const agent = new Agent({
    role: 'developer',
    skills: ['typescript'],
    connect: streamsTransport({ brokerUrl: broker.url }),
    abortGraceMs: 500,
    ...options,
  });
  agents.push(agent.onTask(handler));
  await agent.start();
  return agent;
}

function idOf(agent: Agent) {
  const { agentId } = agent;
  if (agentId === undefined) throw new Error('not registered');
  return agentId;
}

const endReportOf = async (taskId: TaskId) => {
  const all = await platform.reports();
  const found = all.find(
    ({ type, payload }) =>
      payload.task_id === taskId && (type === 'report.completed.v1' || type === 'report.failed.v1'),
  );
  if (!found) throw new Error('no end was reported');
  return found;
};

describe('an agent', () => {
  it('does a task and reports start and result together when it is short', async () => {
    const agent = await startAgent(async (task, context) => ({
      title: task.title,
      attempt: context.attempt,
    }));
    const { task_id, epoch, lease } = await platform.assign(idOf(agent));
    const report = await eventually(() => endReportOf(task_id));
    expect(report.type).toBe('report.completed.v1');
    expect(report.payload).toMatchObject({ epoch, lease, result: { title: 'a task', attempt: 1 } });
    expect(report.payload).toHaveProperty('started_at_ms');
    expect(await platform.reportedOf(task_id)).toEqual(['completed']);
    await eventually(async () => (await platform.pending(idOf(agent))) === 0);
  });

  it('reports the start of a longer task on its own, then progress, then the result', async () => {
    const go = Promise.withResolvers<void>();
    const agent = await startAgent(async (_task, context) => {
      context.progress({ percent: 10, step: 'reading' });
      await go.promise;
      return 'done';
    });
    const { task_id } = await platform.assign(idOf(agent));
    await eventually(async () => expect(await platform.reportedOf(task_id)).toEqual(['started', 'progress']));
    expect(await platform.pending(idOf(agent))).toBe(0);
    go.resolve();
    await eventually(async () =>
      expect(await platform.reportedOf(task_id)).toEqual(['started', 'progress', 'completed']),
    );
    expect((await endReportOf(task_id)).payload).not.toHaveProperty('started_at_ms');
  });

  it('reports a TaskFailure with its code, any other error as AGENT_REPORTED', async () => {
    const agent = await startAgent(async (task) => {
      if (task.title === 'own') throw new TaskFailure('NO_DISK', 'the disk is full', { retryable: false });
      throw new RangeError('out of range');
    });
    const own = await platform.assign(idOf(agent), { spec: { title: 'own' } });
    const other = await platform.assign(idOf(agent));
    expect((await eventually(() => endReportOf(own.task_id))).payload).toMatchObject({
      code: 'NO_DISK',
      message: 'the disk is full',
      retryable: false,
    });
    expect((await eventually(() => endReportOf(other.task_id))).payload).toMatchObject({
      code: 'AGENT_REPORTED',
      message: 'RangeError: out of range',
      retryable: true,
      returned: false,
    });
  });
});
