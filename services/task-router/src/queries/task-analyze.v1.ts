import type { Message, MessageOfType } from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome } from '@nova-torch/streams';
import type { KnownToAnalysis } from '../domain/analysis/analyse.ts';
import { statisticsOf } from '../domain/analysis/run-durations.ts';
import { namesLike } from './names-like.ts';
import type { QueryDeps } from './query-deps.ts';

/** What can be read out of a task that is not submitted. Where a model is asked, the answer comes after the acknowledgement. */
export async function onTaskAnalyze(
  delivered: Delivered<MessageOfType<'task.analyze.v1'>>,
  { answers, agents, analyse, slowly, runRecordOf }: QueryDeps,
): Promise<Outcome> {
  const { spec } = delivered.message.payload;
  const request: Delivered<Message> = delivered;
  const record = await runRecordOf(spec.task_type);
  const known: KnownToAnalysis = {
    history: record === undefined ? undefined : statisticsOf(record),
    hasAgentWith: (skill) => agents.able({ role: undefined, skills: [skill] }).next().done !== true,
    namesLike: (skill, taxonomyNames) => namesLike(skill, taxonomyNames, agents),
  };
  if (slowly === undefined) return ack([answers.analyzed(request, { analysis: analyse(spec, known) })]);
  if (slowly.late.isFull) {
    const by_reason = 'no model was asked: too many analyses are under way';
    return ack([answers.analyzed(request, { analysis: { ...analyse(spec, known), by_reason } })]);
  }
  const answer = async (): Promise<Message> =>
    answers.analyzed(request, { analysis: await slowly.analyse(spec, known) }).message;
  slowly.late.give(request, answer());
  return ack();
}
