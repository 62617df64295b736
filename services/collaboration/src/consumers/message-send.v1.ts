import { type MessageReceipt, type MessageSendV1, partitionOf } from '@nova-torch/protocol';
import { type Delivered, NoAnswerError, type Outcome } from '@nova-torch/streams';
import { agentOf, chunkSize, type Resolved, resolveRecipients } from '../domain/recipients.ts';
import type { MessageHead, StoredMessage } from '../store/message-head.ts';
import type { NotPosted } from '../store/post-message.ts';
import { refuse } from './answer.ts';
import type { CollaborationDeps } from './deps.ts';
import { answerState } from './message-state.ts';

/** What one script call posts at most. */
const CHUNK = { count: 200, bytes: 1024 * 1024 };
/** What one message may write into inboxes in all. */
const FAN_OUT_BYTES_MAX = 64 * 1024 * 1024;
const NOT_POSTED_TEXT: Record<NotPosted['why'], string> = {
  no_inbox: 'the agent has no inbox any more',
  inbox_full: 'too many messages wait for the agent',
};

/**
 * A message is to be delivered. It is posted in chunks, the record says how far it got; the same message again goes on
 * there, or sends nothing and gets the same answer.
 */
export async function onMessageSend(
  deps: CollaborationDeps,
  request: Delivered<MessageSendV1>,
): Promise<Outcome> {
  const { store, metrics, partition } = deps;
  const { message_id: id } = request.message.payload;
  if (partitionOf(id) !== partition) {
    return refuse(deps, request, 'VALIDATION', `${id} belongs to another partition`, 'message_id');
  }
  const [known] = await store.read([id]);
  if (known !== undefined && known.posted >= known.total) {
    metrics.sent.inc({ outcome: 'repeated' });
    return answerState(deps, request, known.head, await store.readReceipts(id));
  }
  if (known !== undefined) {
    metrics.sent.inc({ outcome: 'resumed' });
    return post(deps, request, known);
  }
  const head = headOf(deps, request);
  const resolved = await resolve(deps, request, head);
  if (resolved.kind === 'refused') {
    metrics.sent.inc({ outcome: resolved.code });
    return refuse(deps, request, resolved.code, resolved.detail);
  }
  metrics.sent.inc({ outcome: 'sent' });
  const { agentIds } = resolved;
  return post(deps, request, { head, total: agentIds.length, posted: 0, plan: agentIds });
}

function headOf({ serverNowMs }: CollaborationDeps, request: Delivered<MessageSendV1>): MessageHead {
  const { payload, priority, id, traceparent } = request.message;
  const { message_id, from, to, body } = payload;
  return {
    ...{ message_id, from, to, body, priority, traceparent },
    sent_at_ms: Math.floor(serverNowMs()),
    request_id: id,
    entry_id: request.entryId,
  };
}

async function resolve(
  { view, askAgent }: CollaborationDeps,
  request: Delivered<MessageSendV1>,
  head: MessageHead,
): Promise<Resolved> {
  const { from, to } = request.message.payload;
  const agentId = agentOf(to);
  if (agentId !== undefined && view.get(agentId) === undefined) {
    try {
      // It may have registered a moment ago: the registry knows.
      const agent = await askAgent(agentId);
      if (agent !== undefined) view.put(agent);
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error;
      return { kind: 'refused', code: 'NO_ANSWER', detail: `the registry did not answer about ${agentId}` };
    }
  }
  const resolved = resolveRecipients(view, from, to);
  if (resolved.kind === 'refused') return resolved;
  const bytes = bytesOf(head) * resolved.agentIds.length;
  if (bytes <= FAN_OUT_BYTES_MAX) return resolved;
  const detail = `${resolved.agentIds.length} recipients would get ${bytes} bytes, the limit is ${FAN_OUT_BYTES_MAX}`;
  return { kind: 'refused', code: 'PAYLOAD_TOO_LARGE', detail };
}

const bytesOf = (head: MessageHead): number => Buffer.byteLength(JSON.stringify(head));

/** Posts what has not been posted yet, and answers. */
async function post(
  deps: CollaborationDeps,
  request: Delivered<MessageSendV1>,
  message: StoredMessage,
): Promise<Outcome> {
  const { store, metrics } = deps;
  const { head, plan, total } = message;
  const step = chunkSize(bytesOf(head), CHUNK);
  let { posted } = message;
  let inOneCall: MessageReceipt[] | undefined;
  while (posted < total) {
    const agentIds = plan.slice(posted, posted + step);
    const result = await store.post({ ...message, posted }, agentIds);
    // Somebody else goes on with it: look again how far it is.
    if (result.kind === 'conflict') return onMessageSend(deps, request);
    const { notPosted, atMs } = result;
    for (const one of notPosted) await giveUp(deps, head, one);
    metrics.receipts.inc({ outcome: 'queued' }, agentIds.length - notPosted.length);
    if (agentIds.length === total && notPosted.length === 0) {
      inOneCall = agentIds.map((agent_id) => ({ agent_id, state: 'queued', at_ms: atMs }));
    }
    posted += agentIds.length;
  }
  metrics.delay.observe(Math.max(0, deps.serverNowMs() - Number(request.entryId.split('-')[0])) / 1000);
  return answerState(deps, request, head, inOneCall ?? (await store.readReceipts(head.message_id)));
}

async function giveUp(
  { store, metrics }: CollaborationDeps,
  head: MessageHead,
  { agentId, why }: NotPosted,
): Promise<void> {
  const reason = { code: why, text: NOT_POSTED_TEXT[why] };
  const settled = await store.settle(agentId, [{ messageId: head.message_id, head }], reason);
  metrics.receipts.inc({ outcome: 'undeliverable' }, settled);
}
