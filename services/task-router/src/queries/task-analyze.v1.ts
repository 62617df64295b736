import type { Message, MessageOfType } from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome } from '@nova-torch/streams';
import type { KnownToAnalysis } from '../domain/analysis/analyse.ts';
import { statisticsOf } from '../domain/analysis/run-durations.ts';
import { namesLike, roleNames, skillNames } from './names-like.ts';
import type { QueryDeps } from './query-deps.ts';

/** What can be read out of a task that is not submitted. Where a model is asked, the answer comes after the acknowledgement. */
export async function onTaskAnalyze(
  delivered: Delivered<MessageOfType<'task.analyze.v1'>>,
  { answers, agents, analyse, slowly, runRecordOf, templateRoles }: QueryDeps,
): Promise<Outcome> {
  const { spec } = delivered.message.payload;
  const request: Delivered<Message> = delivered;
  const record = await runRecordOf(spec.task_type);
  const { role } = spec;
  const hasAgentOf = (one: string): boolean => agents.able({ role: one, skills: [] }).next().done !== true;
  const templates = role === undefined || hasAgentOf(role) ? [] : await templateRoles();
  const known: KnownToAnalysis = {
    history: record === undefined ? undefined : statisticsOf(record),
    hasAgentWith: (skill) => agents.able({ role: undefined, skills: [skill] }).next().done !== true,
    skillsLike: (skill, taxonomyNames) => namesLike(skill, skillNames(taxonomyNames, agents)),
    hasRole: (one) => templates.includes(one) || hasAgentOf(one),
    rolesLike: (one, taxonomyNames) => namesLike(one, roleNames([...taxonomyNames, ...templates], agents)),
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
