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
  const { message_id: id, reader } = request.message.payload;
  return withMessageSpan(deps.tracing, request, async () => {
    const [message] = await deps.store.read([id]);
    if (message === undefined) return refuse(deps, request, 'MESSAGE_UNKNOWN', `there is no message ${id}`);
    const receipts = await deps.store.readReceipts(id);
    const concerned =
      reader === undefined ||
      message.head.from === reader ||
      receipts.some(({ agent_id }) => agent_id === reader);
    if (!concerned) return refuse(deps, request, 'FORBIDDEN', `${reader} neither sent nor got ${id}`);
    return answerState(deps, request, message.head, receipts);
  });
}
