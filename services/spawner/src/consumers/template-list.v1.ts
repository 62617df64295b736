import { newMessage, TemplatePageV1 } from '@nova-torch/protocol';
import type { Outcome } from '@nova-torch/streams';
import { answer, type DeliveredOf, type SpawnerDeps } from './deps.ts';

/** Answers with the templates this spawner starts agents of, in the order of their file. */
export function onTemplateList(deps: SpawnerDeps, request: DeliveredOf<'template.list.v1'>): Outcome {
  const fields = { sender: deps.instance, target: request.message.sender, nowMs: deps.nowMs() };
  return answer(request, newMessage(TemplatePageV1, { templates: [...deps.templates.values()] }, fields));
}
