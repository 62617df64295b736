import type { AssembledService } from '@nova-torch/service-kit';
import { delayedKey } from '@nova-torch/streams';
import { eventually } from '@nova-torch/testing';
import { describe, expect, it } from 'vitest';
import { oneRouter } from './support/one-router.ts';
import { keys, type Rig, startRouter, streams } from './support/rig.ts';
import type { TestAgent } from './support/test-agent.ts';

let rig: Rig;
let router: AssembledService;
const join: Rig['agent'] = (options) => rig.agent(options);
const released = async (agent: TestAgent): Promise<number> =>
  (await rig.messages(streams.registry)).filter(
    ({ type, payload }) =>
      type === 'agent.released.v1' && (payload as { agent_id: string }).agent_id === agent.id,
  ).length;

oneRouter((startedRig, startedRouter) => {
  rig = startedRig;
  router = startedRouter;
});

describe('an agent whose end was seen', () => {
  it('loses its tasks at once, and the registry is told', async () => {
    const lost = await join({ work: (assignment, agent) => agent.started(assignment) });
    const taskId = await rig.submit();
    await rig.until(taskId, 'running');
    const other = await join();
    await lost.stop();
    await lost.exited();
    // By its silence it would be found after half a minute.
    const task = await rig.until(taskId, 'completed', 3_000);
    expect(task).toMatchObject({ agent_id: other.id, attempt: 2 });
    expect((await rig.history(taskId)).some(({ reason }) => reason.includes(lost.id))).toBe(true);
    await eventually(async () => (await released(lost)) > 0);
  });

  it('fails the task when its tries are used up', async () => {
    const lost = await join({ work: (assignment, agent) => agent.started(assignment) });
    const taskId = await rig.submit({ max_retries: 0 });
    await rig.until(taskId, 'running');
    await lost.stop();
    await lost.exited();
    expect(await rig.until(taskId, 'failed')).toMatchObject({ error: { code: 'AGENT_LOST' } });
  });
});

describe('an agent that leaves', () => {
  it('is released also when it held nothing', async () => {
    const agent = await join();
    await agent.leave();
    await eventually(async () => (await released(agent)) > 0);
  });

  it('while no router was active is found by the next one', async () => {
    const lost = await join({ work: (assignment, agent) => agent.started(assignment) });
    const taskId = await rig.submit();
    await rig.until(taskId, 'running');
    await router.stop();
    await lost.stop();
    await lost.exited();
    const other = await join();
    router = await startRouter(rig.url);
    expect(await rig.until(taskId, 'completed')).toMatchObject({ agent_id: other.id });
    await eventually(async () => (await released(lost)) > 0);
  });
});

describe('what an agent said before it left', () => {
  it('is heard first, also when no router was there to hear it', async () => {
    const worker = await join({ work: (assignment, agent) => agent.started(assignment) });
    const taskId = await rig.submit();
    await rig.until(taskId, 'running');
    await router.stop();
    for (const assignment of worker.assignments) await worker.completed(assignment);
    await worker.leave();
    await join();
    router = await startRouter(rig.url);
    expect(await rig.until(taskId, 'completed')).toMatchObject({ agent_id: worker.id, attempt: 1 });
    await eventually(async () => (await released(worker)) > 0);
  });

  it('is heard first, also when what it said could not be taken at once', async () => {
    const worker = await join({ work: (assignment, agent) => agent.started(assignment) });
    const taskId = await rig.submit();
    await rig.until(taskId, 'running');
    const [record, aside] = [keys.task(taskId), `${keys.task(taskId)}:aside`];
    await rig.broker.call('RENAME', record, aside);
    await rig.broker.call('SET', record, 'not a record');
    for (const assignment of worker.assignments) await worker.completed(assignment);
    await eventually(async () => (await rig.broker.call('ZCARD', delayedKey(streams.tasksReports))) === 1);
    await rig.broker.call('RENAME', aside, record);
    await worker.stop();
    await worker.exited();
    await join();
    expect(await rig.until(taskId, 'completed')).toMatchObject({ agent_id: worker.id, attempt: 1 });
    await eventually(async () => (await released(worker)) > 0);
  });
});

describe('an agent that begins anew under its id', () => {
  it('loses what its former process ran', async () => {
    const agent = await join({ work: (assignment, self) => self.started(assignment) });
    const taskId = await rig.submit();
    await rig.until(taskId, 'running');
    await agent.registerAgain();
    const other = await join();
    const task = await rig.until(taskId, 'completed', 40_000);
    expect(task.agent_id).toBe(other.id);
  });
});

describe('an inbox that is missing', () => {
  it('gets no task; another agent does', async () => {
    const role = 'archivist';
    const agent = await join({ registration: { role } });
    // Its own reading would make the stream again.
    await agent.stop();
    await rig.broker.call('DEL', keys.inbox(agent.id));
    await rig.known(router);
    const taskId = await rig.submit({ role });
    await rig.until(taskId, 'ready');
    expect(await rig.broker.call('EXISTS', keys.inbox(agent.id))).toBe(0);
    await join({ registration: { role } });
    await rig.until(taskId, 'completed');
  });
});
