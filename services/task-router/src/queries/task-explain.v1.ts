import type { Message, MessageOfType, TaskExplanation } from '@nova-torch/protocol';
import { nearest } from '@nova-torch/service-kit';
import { ack, type Delivered, type Outcome } from '@nova-torch/streams';
import type { FoundWishes } from '../domain/analysis/analyse.ts';
import { explainTask } from '../domain/explain-task.ts';
import { waitsForTasks } from '../domain/explain-waiting.ts';
import { lineOf } from '../domain/waiting.ts';
import type { QueryDeps } from './query-deps.ts';

/** Who was chosen for a task and why, from what was kept; why it waits, worked out now. */
export async function onTaskExplain(
  delivered: Delivered<MessageOfType<'task.explain.v1'>>,
  { tasks, indexes, answers, agents, routing, resting, held, nowMs }: QueryDeps,
): Promise<Outcome> {
  const { task_id: taskId } = delivered.message.payload;
  const request: Delivered<Message> = delivered;
  const record = await tasks.record(taskId);
  if (record === undefined)
    return ack([answers.refused(request, 'TASK_UNKNOWN', `there is no task ${taskId}`)]);
  const [decisions, states, line] = await Promise.all([
    tasks.decisions(taskId),
    tasks.states(waitsForTasks(record)),
    record.state === 'ready' ? indexes.standing(lineOf(record), taskId) : undefined,
  ]);
  const waiting = explainTask(record, {
    ...{ agents, routing, resting, held: held(), states, line, nowMs: nowMs(), nearest },
  });
  const { state: status, live } = record;
  const explanation = {
    ...{ task_id: taskId, status, attempt: live.attempt, decisions },
    ...(live.found !== undefined && { found: foundOf(live.found) }),
    ...(waiting === undefined ? {} : { waiting }),
  };
  return ack([answers.explained(request, { explanation })]);
}

const foundOf = ({ role, skills }: FoundWishes): TaskExplanation['found'] => ({
  ...(role !== undefined && { role }),
  ...(skills !== undefined && { skills: [...skills] }),
});
