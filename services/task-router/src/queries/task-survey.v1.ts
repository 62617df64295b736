import type { Message, MessageOfType } from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome } from '@nova-torch/streams';
import type { QueryDeps } from './query-deps.ts';

/** The states of many tasks, read in one round trip. */
export async function onTaskSurvey(
  delivered: Delivered<MessageOfType<'task.survey.v1'>>,
  { tasks, answers }: QueryDeps,
): Promise<Outcome> {
  const states = await tasks.states(delivered.message.payload.task_ids);
  const request: Delivered<Message> = delivered;
  return ack([answers.surveyed(request, { states: Object.fromEntries(states) })]);
}
