import type { Message, MessageOfType } from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome } from '@nova-torch/streams';
import { explainWaiting } from '../domain/explain-waiting.ts';
import { viewOf } from '../domain/view.ts';
import type { QueryDeps } from './query-deps.ts';

/** One task, with its history if asked, and why it waits. */
export async function onTaskGet(
  delivered: Delivered<MessageOfType<'task.get.v1'>>,
  deps: QueryDeps,
): Promise<Outcome> {
  const { tasks, answers, agents, resting, nowMs } = deps;
  const { task_id: taskId, history } = delivered.message.payload;
  const request: Delivered<Message> = delivered;
  const full = await tasks.full(taskId, history);
  if (full === undefined)
    return ack([answers.refused(request, 'TASK_UNKNOWN', `there is no task ${taskId}`)]);
  const { record } = full;
  const states = record.state === 'blocked' ? await tasks.states(record.spec.dependencies) : new Map();
  const waitingFor = explainWaiting(record, states, agents, nowMs(), resting);
  const { result, progress, progressLog } = full;
  const task = viewOf(record, { result, progress, progressLog, waitingFor, nowMs: nowMs() });
  return ack([
    answers.state(request, full.history === undefined ? { task } : { task, history: [...full.history] }),
  ]);
}
