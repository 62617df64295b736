import { errorRow, NovaError, newTaskId } from '@nova-torch/protocol';
import { expect, test } from 'vitest';
import { waitForTask } from './reading-tasks.ts';
import { createTaskWatch } from './waiting/task-watch.ts';

test('a wait that is refused at once asks again in peace: the process goes on with other things', async () => {
  const watch = createTaskWatch(10);
  const taskId = newTaskId(0, Date.now() - 3_600_000);
  let asked = 0;
  let over = false;
  setTimeout(() => {
    over = true;
  }, 300);
  const task = { status: 'running', epoch: 1, attempt: 1 };
  const asking = {
    async ask() {
      asked += 1;
      if (asked === 1) return { task };
      // Without a pause nothing else ever runs again, this timer included.
      if (over || asked > 1_000) return { task: { ...task, status: 'completed' } };
      throw new NovaError('NO_ANSWER', 'too many wait already');
    },
  };
  expect(errorRow('NO_ANSWER').status).toBe(503);
  const deps = {
    ...{ asking, watch },
    streams: { tasksQueries: 'queries' },
    broker: { serverNowMs: () => Date.now() },
    journal: { beforeShown: async () => undefined },
    metrics: { wakeUp: { observe: () => undefined }, refused: { inc: () => undefined } },
  } as unknown as Parameters<typeof waitForTask>[0];
  const waiting = waitForTask(deps, taskId, {
    timeoutMs: 5_000,
    after: undefined,
    signal: new AbortController().signal,
  });
  await new Promise((resolve) => setImmediate(resolve));
  watch.lookAgain();
  expect((await waiting).done).toBe(true);
  expect(asked).toBeLessThan(50);
});
