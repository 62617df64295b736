// A task that failed after its last attempt is a dead letter too: found, shown with its attempts, replayed.
import {
  DeadLetterGetV1,
  type DeadLetterId,
  DeadLetterListV1,
  DeadLetterReplayV1,
  type DeadLetterResult,
  type DeadLetterSummary,
  type MessageOfType,
  type TaskId,
} from '@nova-torch/protocol';
import { deadLetterKey } from '@nova-torch/streams';
import { eventually } from '@nova-torch/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quick } from './support/judging.ts';
import { type Rig, startRig, streams } from './support/rig.ts';
import { say } from './support/say.ts';
import type { TestAgent } from './support/test-agent.ts';

let rig: Rig;
let agent: TestAgent;
let works = false;

beforeAll(async () => {
  // The agent that fails here is not to rest from it.
  rig = await startRig({
    services: ['registry', 'task-router'],
    env: { NOVA_REST_AFTER_FAILURES: '1000' },
  });
  agent = await rig.agent({
    registration: { capacity: 4 },
    work: (assignment, self) =>
      works
        ? self.completed(assignment)
        : self.failed(assignment, {
            message: `broken in attempt ${assignment.attempt}`,
            code: 'EXIT_1',
            retryable: assignment.spec.title !== 'hopeless',
          }),
  });
});
afterAll(() => rig.stop());

async function lettersOf(taskId: TaskId): Promise<DeadLetterSummary[]> {
  const question = say(DeadLetterListV1, { filter: { stream: 'tasks.queue', error: taskId } });
  const answer = await rig.ask(streams.upkeepTaskRouter, question);
  if (answer.type !== 'dead-letter.page.v1') throw new Error(JSON.stringify(answer.payload));
  return answer.payload.dead_letters;
}

async function letterOf(taskId: TaskId): Promise<DeadLetterSummary> {
  const letters = await lettersOf(taskId);
  const [letter] = letters;
  if (letter === undefined || letters.length > 1) throw new Error(`${letters.length} letters`);
  return letter;
}

async function shown(id: DeadLetterId): Promise<MessageOfType<'dead-letter.state.v1'>['payload']> {
  const answer = await rig.ask(streams.upkeepTaskRouter, say(DeadLetterGetV1, { dead_letter_id: id }));
  if (answer.type !== 'dead-letter.state.v1') throw new Error(JSON.stringify(answer.payload));
  return answer.payload;
}

async function replay(id: DeadLetterId): Promise<DeadLetterResult['outcome'] | undefined> {
  const command = say(DeadLetterReplayV1, { dead_letter_ids: [id], by: 'ann' });
  const answer = await rig.ask(streams.upkeepTaskRouter, command);
  if (answer.type !== 'dead-letter.settled.v1') throw new Error(JSON.stringify(answer.payload));
  return answer.payload.results[0]?.outcome;
}

describe('a task that failed for good', { timeout: 60_000 }, () => {
  it('is a dead letter with every attempt, and its replay is a clean retry', async () => {
    works = false;
    const taskId = await rig.submit({ ...quick, max_retries: 2 });
    await rig.until(taskId, 'failed');
    const letter = await letterOf(taskId);
    expect(letter).toMatchObject({
      ...{ stream: 'tasks.queue', group: 'task-router', reason: 'attempts_exhausted', entry_id: '' },
      ...{ error: `${taskId}: EXIT_1: broken in attempt 3`, attempts: 3, replays: 0 },
      message: { type: 'task.retry.v1' },
    });
    const { history, original } = await shown(letter.dead_letter_id);
    expect(history).toMatchObject(
      [1, 2, 3].map((attempt) => ({
        consumer: agent.id,
        outcome: 'error',
        error: `EXIT_1: broken in attempt ${attempt}`,
        duration_ms: expect.any(Number),
      })),
    );
    expect(JSON.parse(original)).toMatchObject({ type: 'task.retry.v1', payload: { task_id: taskId } });
    works = true;
    expect(await replay(letter.dead_letter_id)).toBe('replayed');
    expect(await replay(letter.dead_letter_id)).toBe('repeated');
    expect(await rig.until(taskId, 'completed')).toMatchObject({ attempt: 1 });
    expect(await lettersOf(taskId)).toEqual([]);
    const retried = (await rig.history(taskId)).find(({ from }) => from === 'failed');
    expect(retried).toMatchObject({ actor: 'ann', reason: 'ann asked for another try' });
  });

  it('that fails again after its replay is a new letter, of its new attempts', async () => {
    works = false;
    const taskId = await rig.submit({ ...quick, max_retries: 0 });
    await rig.until(taskId, 'failed');
    const { dead_letter_id: id } = await letterOf(taskId);
    expect(await replay(id)).toBe('replayed');
    const again = await eventually(async () => {
      const letter = await letterOf(taskId);
      return letter.dead_letter_id !== id && letter;
    });
    expect(again).toMatchObject({ reason: 'attempts_exhausted', attempts: 1 });
  });

  it('keeps its letter when somebody retries the task; a replay is refused, and the letter says so', async () => {
    works = false;
    const taskId = await rig.submit({ ...quick, max_retries: 0 });
    await rig.until(taskId, 'failed');
    const { dead_letter_id: id } = await letterOf(taskId);
    works = true;
    await rig.retry(taskId);
    await rig.until(taskId, 'completed');
    expect(await replay(id)).toBe('replayed');
    const refused = await eventually(async () => {
      const letter = await letterOf(taskId);
      return letter.dead_letter_id !== id && letter;
    });
    expect(refused).toMatchObject({ reason: 'refused', replays: 1 });
    expect(refused.error).toBe(`TASK_ENDED: ${taskId} is completed: there is nothing to retry`);
    const outcomes = (await shown(refused.dead_letter_id)).history.map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['error', 'replayed', 'dead_letter']);
    expect((await rig.task(taskId)).status).toBe('completed');
  });

  it('by an error no try can mend says that; what was lost or too slow says so', async () => {
    works = false;
    const hopeless = await rig.submit({ title: 'hopeless', max_retries: 5 });
    await rig.until(hopeless, 'failed');
    expect(await letterOf(hopeless)).toMatchObject({ reason: 'not_retryable', attempts: 1 });
    const slow = await rig.agent({
      registration: { role: 'slow' },
      work: (assignment, self) => self.started(assignment),
    });
    const late = await rig.submit({ role: 'slow', timeout: 0.2, max_retries: 0 });
    await rig.until(late, 'failed');
    const { history } = await shown((await letterOf(late)).dead_letter_id);
    expect(history).toMatchObject([{ outcome: 'timeout', consumer: slow.id }]);
    await slow.leave();
  });

  it('is none when it was cancelled, expired, or failed because of another', async () => {
    works = false;
    const before = await rig.broker.call('XLEN', deadLetterKey(streams.tasksQueue));
    const waiting = await rig.submit({ role: 'nobody' });
    const dependent = await rig.submit({ dependencies: [waiting] });
    await rig.until(dependent, 'blocked');
    await rig.cancel(waiting);
    await rig.until(dependent, 'failed');
    await rig.until(await rig.submit({ role: 'nobody', ttl: 0.2 }), 'expired');
    expect(await rig.broker.call('XLEN', deadLetterKey(streams.tasksQueue))).toBe(before);
  });
});
