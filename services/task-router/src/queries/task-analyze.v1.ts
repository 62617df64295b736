import type { Message, MessageOfType } from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome } from '@nova-torch/streams';
import { statisticsOf } from '../domain/analysis/run-durations.ts';
import { namesLike } from './names-like.ts';
import type { QueryDeps } from './query-deps.ts';

/** What can be read out of a task that is not submitted. */
export async function onTaskAnalyze(
  delivered: Delivered<MessageOfType<'task.analyze.v1'>>,
  { answers, agents, analyse, runRecordOf }: QueryDeps,
): Promise<Outcome> {
  const { spec } = delivered.message.payload;
  const request: Delivered<Message> = delivered;
  const record = await runRecordOf(spec.task_type);
  const analysis = await analyse(spec, {
    history: record === undefined ? undefined : statisticsOf(record),
    hasAgentWith: (skill) => agents.able({ role: undefined, skills: [skill] }).next().done !== true,
    namesLike: (skill, taxonomyNames) => namesLike(skill, taxonomyNames, agents),
  });
  return ack([answers.analyzed(request, { analysis })]);
}
