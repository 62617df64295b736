import type { MessageGetV1 } from '@nova-torch/protocol';
import { refuse, withMessageSpan } from '@nova-torch/service-kit';
import type { Delivered, Outcome } from '@nova-torch/streams';
import type { CollaborationDeps } from './deps.ts';
import { answerState } from './message-state.ts';

/** Somebody asks what became of a message. */
export async function onMessageGet(
  deps: CollaborationDeps,
  request: Delivered<MessageGetV1>,
): Promise<Outcome> {
  const { message_id: id } = request.message.payload;
  return withMessageSpan(deps.tracing, request.message, 'message.get.v1', async () => {
    const [message] = await deps.store.read([id]);
    if (message === undefined) return refuse(deps, request, 'MESSAGE_UNKNOWN', `there is no message ${id}`);
    return answerState(deps, request, message.head, await deps.store.readReceipts(id));
  });
}
