import { type Message, type MessageReceipt, MessageStateV1 } from '@nova-torch/protocol';
import { answer } from '@nova-torch/service-kit';
import type { Delivered, Outcome } from '@nova-torch/streams';
import { countReceipts, fittingReceipts } from '../domain/receipt.ts';
import type { MessageHead } from '../store/message-head.ts';
import type { CollaborationDeps } from './deps.ts';

/** Body and receipts of an answer as JSON: below the limit of a message, with room for its envelope. */
const STATE_BYTES_MAX = 264 * 1024;

/** Answers with a message and its receipts; when not all of those fit, `counts` still tells of all. */
export function answerState(
  deps: CollaborationDeps,
  request: Delivered<Message>,
  head: MessageHead,
  receipts: readonly MessageReceipt[],
): Outcome {
  const { message_id, from, to, body, sent_at_ms, deliver_at_ms, expires_at_ms } = head;
  const message = { message_id, from, to, body, sent_at_ms, deliver_at_ms, expires_at_ms };
  const left = STATE_BYTES_MAX - Buffer.byteLength(JSON.stringify(message));
  const recipients = fittingReceipts(receipts, left);
  return answer(deps, request, MessageStateV1, {
    message: { ...message, recipients, counts: countReceipts(receipts) },
  });
}
