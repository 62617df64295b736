// Tasks that come back after the broker lost its data: those that had not ended are submitted again, those that had are
// restored.
import {
  newTaskId,
  type TaskId,
  TaskRestoredV1,
  type TaskSpecInput,
  TaskSubmittedV1,
  TaskSurveyV1,
} from '@nova-torch/protocol';
import { eventually } from '@nova-torch/testing';
import { expect, it } from 'vitest';
import { oneRouter } from './support/one-router.ts';
import { type Rig, streams } from './support/rig.ts';
import { say } from './support/say.ts';

let rig: Rig;

oneRouter((startedRig) => {
  rig = startedRig;
});

const ENDED_AT_MS = Date.now() - 60_000;
const newId = (): TaskId => newTaskId(0, Date.now());
const restored = (task_id: TaskId, end: object = {}) =>
  say(TaskRestoredV1, {
    task_id,
    ...{ spec: { title: 'done before' }, submitter: 'admin', submitted_at_ms: ENDED_AT_MS - 1_000 },
    end: { status: 'completed', ended_at_ms: ENDED_AT_MS, epoch: 7, attempt: 1, result: { sum: 3 }, ...end },
  });
const again = (task_id: TaskId, spec: Partial<TaskSpecInput>, submitted_at_ms = Date.now()) =>
  say(TaskSubmittedV1, { task_id, spec: { title: 'again', ...spec }, submitter: 'admin', submitted_at_ms });

it('an ended task comes back as it ended, once', async () => {
  const taskId = newId();
  await rig.send(streams.tasksQueue, restored(taskId), restored(taskId, { result: 'another' }));
  const task = await rig.until(taskId, 'completed');
  expect(task).toMatchObject({
    ...{ epoch: 7, attempt: 1, result: { sum: 3 }, ended_at_ms: ENDED_AT_MS, submitter: 'admin' },
    submitted_at_ms: ENDED_AT_MS - 1_000,
  });
  expect(await rig.history(taskId)).toHaveLength(1);
});

it('a task that waited for a restored one goes on with its result', async () => {
  const agent = await rig.agent({ work: (assignment, self) => self.completed(assignment) });
  const [first, second] = [newId(), newId()];
  await rig.send(streams.tasksQueue, restored(first), again(second, { dependencies: [first] }));
  await rig.until(second, 'completed');
  expect(agent.assignments.at(-1)?.dependency_results).toEqual({ [first]: { sum: 3 } });
});

it('a task submitted again before what it depends on waits for it', async () => {
  const agent = await rig.agent({ work: (assignment, self) => self.completed(assignment) });
  const [first, second] = [newId(), newId()];
  await rig.send(streams.tasksQueue, again(second, { dependencies: [first] }));
  await rig.send(streams.tasksQueue, again(first, {}));
  await rig.until(second, 'completed');
  expect(agent.assignments.map(({ task_id }) => task_id)).toEqual([first, second]);
});

it('a task that runs although it had ended stops, and its result is not accepted', async () => {
  const agent = await rig.agent({ work: (assignment, self) => self.started(assignment) });
  const taskId = await rig.submit();
  await rig.until(taskId, 'running');
  const error = { code: 'AGENT_REPORTED', message: 'it failed then' };
  await rig.send(streams.tasksQueue, restored(taskId, { status: 'failed', result: undefined, error }));
  await rig.until(taskId, 'failed');
  await eventually(() => agent.stops.length === 1);
  const [assignment] = agent.assignments;
  if (assignment === undefined) throw new Error('nothing was assigned');
  await agent.completed(assignment, { result: 'too late' });
  const next = await rig.submit();
  await rig.until(next, 'running');
  expect(await rig.task(taskId)).toMatchObject({ status: 'failed', error, ended_at_ms: ENDED_AT_MS });
  await rig.cancel(next);
});

it('a task submitted again lives on from its first submission', async () => {
  const [late, fresh] = [newId(), newId()];
  await rig.send(
    streams.tasksQueue,
    again(late, { ttl: 60, role: 'nobody' }, Date.now() - 120_000),
    again(fresh, { ttl: 60, role: 'nobody' }),
  );
  await rig.until(late, 'expired');
  await rig.until(fresh, 'ready');
  const answer = await rig.ask(streams.tasksQueries, say(TaskSurveyV1, { task_ids: [late, fresh, newId()] }));
  expect(answer).toMatchObject({ type: 'task.surveyed.v1', payload: { states: { [late]: 'expired' } } });
  expect(answer.payload).toEqual({ states: { [late]: 'expired', [fresh]: 'ready' } });
});
