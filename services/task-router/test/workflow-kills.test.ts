// The router is killed while it takes a workflow: at any moment either nothing of it has begun, or all of it is there.
import { newTaskId, seriesOf, type TaskId, TaskSpec, WorkflowSubmittedV1 } from '@nova-torch/protocol';
import { eventually } from '@nova-torch/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keys, type Rig, startRig, streams } from './support/rig.ts';
import { say } from './support/say.ts';

const TASKS = 1_000;
let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ services: ['registry', 'task-router'] });
});
afterAll(async () => {
  await rig.stop();
});

it('killed in the middle of a workflow, the next router completes it, and nothing had begun', {
  timeout: 120_000,
}, async () => {
  await rig.agent({ registration: { role: 'killed', capacity: 64 } });
  let middles = 0;
  for (let round = 0; round < 12 && middles < 2; round += 1) {
    const workflowId = `wf-killed-${round}`;
    const ids = seriesOf(newTaskId(0, Date.now()), TASKS);
    const tasks = ids.map((task_id, index) => ({
      task_id,
      spec: TaskSpec.parse({
        title: `task ${index}`,
        role: 'killed',
        workflow_id: workflowId,
        workflow_key: `k${index}`,
        // A hundred roots, and a tree below each.
        dependencies: index < 100 ? [] : [ids[index - 100] as TaskId],
      }),
    }));
    await rig.send(
      streams.tasksQueue,
      say(WorkflowSubmittedV1, { workflow_id: workflowId, tasks, submitter: 'rig' }),
    );
    const count = async (): Promise<number> =>
      Number(await rig.broker.call('ZCARD', keys.workflow(workflowId)));
    const aim = 1 + round * 60;
    while ((await count()) < aim);
    await rig.platform.kill9('task-router');
    const written = await count();
    if (written < TASKS) {
      middles += 1;
      const states = await rig.broker.batch(
        ids.map((taskId) => ['HGET', keys.task(taskId), 'state'] as const),
      );
      expect(new Set(states.filter((state) => state !== null))).toEqual(new Set(['blocked']));
    }
    await rig.platform.restart('task-router');
    await eventually(
      async () => {
        const states = await rig.broker.batch(
          ids.map((taskId) => ['HGET', keys.task(taskId), 'state'] as const),
        );
        expect(states.filter((state) => state === 'completed')).toHaveLength(TASKS);
      },
      { timeoutMs: 60_000, what: 'every task to be completed' },
    );
  }
  expect(middles).toBeGreaterThan(0);
});
