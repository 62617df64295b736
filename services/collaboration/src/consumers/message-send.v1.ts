import {
  DELAY_MAX_S,
  type ErrorCode,
  type MessageReceipt,
  type MessageSendV1,
  partitionOf,
  RequestRefusedV1,
} from '@nova-torch/protocol';
import { answer, refuse, withMessageSpan } from '@nova-torch/service-kit';
import { type Delivered, deadLetter, NoAnswerError, type Outcome } from '@nova-torch/streams';
import { agentOf, chunkSize, type Resolved, resolveRecipients } from '../domain/recipients.ts';
import { DELAYED_SENDER } from '../store/encode-message.ts';
import type { MessageHead, StoredMessage } from '../store/message-head.ts';
import type { NotPosted } from '../store/post-message.ts';
import type { CollaborationDeps } from './deps.ts';
import { answerState } from './message-state.ts';

/** What one script call posts at most. */
const CHUNK = { count: 200, bytes: 1024 * 1024 };
/** What one message may write into inboxes in all. */
const FAN_OUT_BYTES_MAX = 64 * 1024 * 1024;
/** Messages looked at together. */
const AT_ONCE = 64;
const NOT_POSTED_TEXT: Record<Exclude<NotPosted['why'], 'expired'>, string> = {
  no_inbox: 'the agent has no inbox any more',
  inbox_full: 'too many messages wait for the agent',
};

/**
 * A run of messages to be delivered, in their order. Each is posted in chunks and its record says how far it got; the
 * same message again goes on there, or sends nothing and gets the same answer. Messages that fit into one call are sent
 * one behind the other without waiting in between: the broker runs them in the order they were sent.
 */
export async function onMessagesSend(
  deps: CollaborationDeps,
  requests: readonly Delivered<MessageSendV1>[],
): Promise<Outcome[]> {
  const outcomes: Promise<Outcome>[] = [];
  for (let at = 0; at < requests.length; at += AT_ONCE) {
    const window = requests.slice(at, at + AT_ONCE);
    const known = await deps.store.read(window.map(({ message }) => message.payload.message_id));
    for (const [index, request] of window.entries()) {
      const planned = await plan(deps, request, known[index]);
      const big = planned.kind === 'post' && planned.message.total > stepOf(planned.message);
      if (big) await Promise.all(outcomes);
      const handle = (): Promise<Outcome> => carryOut(deps, request, planned);
      const outcome = withMessageSpan(deps.tracing, request, handle);
      outcomes.push(outcome);
      if (big) await outcome;
    }
    await Promise.all(outcomes);
  }
  return Promise.all(outcomes);
}

type Planned =
  | {
      readonly kind: 'refused';
      readonly code: ErrorCode;
      readonly detail: string;
      readonly field?: string;
      readonly retryAfterMs?: number;
    }
  | { readonly kind: 'repeated'; readonly head: MessageHead }
  | { readonly kind: 'post'; readonly message: StoredMessage }
  /** It waits for its time. */
  | { readonly kind: 'schedule'; readonly head: MessageHead }
  /** Its time has come, and nobody can be its recipient. */
  | { readonly kind: 'dead_letter'; readonly reason: string; readonly detail: string };

async function plan(
  deps: CollaborationDeps,
  request: Delivered<MessageSendV1>,
  known: StoredMessage | undefined,
): Promise<Planned> {
  const { metrics, partition } = deps;
  const { message_id: id, from } = request.message.payload;
  if (partitionOf(id) !== partition) {
    const detail = `${id} belongs to another partition`;
    return { kind: 'refused', code: 'VALIDATION', detail, field: 'message_id' };
  }
  if (known !== undefined && known.head.from !== from) {
    metrics.sent.inc({ outcome: 'IDEMPOTENCY_CONFLICT' });
    const detail = `${id} is a message of another sender`;
    return { kind: 'refused', code: 'IDEMPOTENCY_CONFLICT', detail, field: 'message_id' };
  }
  const wasDelayed = request.message.sender === DELAYED_SENDER;
  if (known !== undefined && known.total === 0 && !wasDelayed) {
    metrics.sent.inc({ outcome: 'repeated' });
    return { kind: 'repeated', head: known.head };
  }
  if (wasDelayed && (known === undefined || known.total === 0)) {
    metrics.sent.inc({ outcome: 'due' });
    return planDue(deps, known?.head ?? headOf(deps, request));
  }
  if (known !== undefined) {
    const whole = known.posted >= known.total;
    metrics.sent.inc({ outcome: whole ? 'repeated' : 'resumed' });
    return whole ? { kind: 'repeated', head: known.head } : { kind: 'post', message: known };
  }
  const verdict = deps.takeOne(request.message.payload.from);
  if (!verdict.ok) {
    metrics.sent.inc({ outcome: 'OVERLOADED' });
    const detail = `${request.message.payload.from} sends too many messages`;
    return { kind: 'refused', code: 'OVERLOADED', detail, retryAfterMs: verdict.retryAfterMs };
  }
  const head = headOf(deps, request);
  const refused = refusedTimes(head);
  if (refused !== undefined) {
    metrics.sent.inc({ outcome: refused.code });
    return refused;
  }
  const later = (head.deliver_at_ms ?? 0) > deps.serverNowMs();
  // Who is there when its time comes gets it; that one agent exists is known today.
  const resolved = later && agentOf(head.to) === undefined ? undefined : await resolve(deps, head);
  const outcome = resolved?.kind === 'refused' ? resolved.code : later ? 'scheduled' : 'sent';
  metrics.sent.inc({ outcome });
  if (resolved?.kind === 'refused') return resolved;
  if (later) return { kind: 'schedule', head };
  const agentIds = resolved?.agentIds ?? [];
  return { kind: 'post', message: { head, total: agentIds.length, posted: 0, plan: agentIds } };
}

/** One agent gets it even if it is gone by now: then it is found undeliverable, as any message in its inbox is. */
async function planDue(deps: CollaborationDeps, head: MessageHead): Promise<Planned> {
  const agentId = agentOf(head.to);
  const resolved: Resolved =
    agentId === undefined ? await resolve(deps, head) : { kind: 'recipients', agentIds: [agentId] };
  if (resolved.kind === 'refused') {
    return { kind: 'dead_letter', reason: resolved.code.toLowerCase(), detail: resolved.detail };
  }
  const { agentIds } = resolved;
  return { kind: 'post', message: { head, total: agentIds.length, posted: 0, plan: agentIds } };
}

function refusedTimes(head: MessageHead): Extract<Planned, { kind: 'refused' }> | undefined {
  const { deliver_at_ms: deliverMs, expires_at_ms: expiresMs, sent_at_ms: nowMs } = head;
  if (deliverMs !== undefined && deliverMs > nowMs + DELAY_MAX_S * 1000) {
    const detail = `it may wait for ${DELAY_MAX_S / 86_400} days at most`;
    return { kind: 'refused', code: 'VALIDATION', detail, field: 'deliver_at' };
  }
  if (deliverMs === undefined || expiresMs === undefined || expiresMs > deliverMs) return undefined;
  const detail = 'it would expire before it is delivered';
  return { kind: 'refused', code: 'VALIDATION', detail, field: 'expires_at' };
}

async function carryOut(
  deps: CollaborationDeps,
  request: Delivered<MessageSendV1>,
  planned: Planned,
): Promise<Outcome> {
  if (planned.kind === 'refused') {
    const { code, detail, field, retryAfterMs } = planned;
    if (retryAfterMs === undefined) return refuse(deps, request, code, detail, field);
    return answer(deps, request, RequestRefusedV1, { code, detail, retry_after_ms: retryAfterMs });
  }
  if (planned.kind === 'post') return post(deps, request, planned.message);
  if (planned.kind === 'dead_letter') return deadLetter(planned.reason, planned.detail);
  if (planned.kind === 'schedule') return schedule(deps, request, planned.head);
  const { head } = planned;
  return answerState(deps, request, head, await deps.store.readReceipts(head.message_id));
}

async function schedule(
  deps: CollaborationDeps,
  request: Delivered<MessageSendV1>,
  head: MessageHead,
): Promise<Outcome> {
  const scheduled = await deps.store.schedule(head, deps.scheduledMax);
  if (scheduled === 'too_many') {
    const detail = `${deps.scheduledMax} messages wait for their time already`;
    return refuse(deps, request, 'OVERLOADED', detail);
  }
  return answerState(deps, request, head, []);
}

function headOf({ serverNowMs }: CollaborationDeps, request: Delivered<MessageSendV1>): MessageHead {
  const { payload, priority, id, traceparent } = request.message;
  const { message_id, from, to, body, deliver_at, expires_at = request.message.expires_at } = payload;
  return {
    ...{ message_id, from, to, body, priority, traceparent },
    sent_at_ms: Math.floor(serverNowMs()),
    ...(deliver_at !== undefined && { deliver_at_ms: Math.ceil(deliver_at * 1000) }),
    ...(expires_at !== undefined && { expires_at_ms: Math.floor(expires_at * 1000) }),
    request_id: id,
    entry_id: request.entryId,
  };
}

async function resolve({ view, askAgent }: CollaborationDeps, head: MessageHead): Promise<Resolved> {
  const { from, to } = head;
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

const stepOf = ({ head }: StoredMessage): number => chunkSize(bytesOf(head), CHUNK);
const bytesOf = (head: MessageHead): number => Buffer.byteLength(JSON.stringify(head));

/** Posts what has not been posted yet, and answers. */
async function post(
  deps: CollaborationDeps,
  request: Delivered<MessageSendV1>,
  message: StoredMessage,
): Promise<Outcome> {
  const { store, metrics } = deps;
  const { head, plan, total } = message;
  const step = stepOf(message);
  let { posted } = message;
  let inOneCall: MessageReceipt[] | undefined;
  while (posted < total) {
    const agentIds = plan.slice(posted, posted + step);
    const result = await store.post({ ...message, posted }, agentIds);
    // Somebody else goes on with it: look again how far it is.
    if (result.kind === 'conflict') return goOn(deps, request);
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

async function goOn(deps: CollaborationDeps, request: Delivered<MessageSendV1>): Promise<Outcome> {
  const [known] = await deps.store.read([request.message.payload.message_id]);
  return carryOut(deps, request, await plan(deps, request, known));
}

async function giveUp(
  { store, metrics }: CollaborationDeps,
  head: MessageHead,
  { agentId, why }: NotPosted,
): Promise<void> {
  if (why === 'expired') {
    const expired = await store.expire([{ messageId: head.message_id, agentId }]);
    metrics.receipts.inc({ outcome: 'expired' }, expired);
    return;
  }
  const reason = { code: why, text: NOT_POSTED_TEXT[why] };
  const settled = await store.settle(agentId, [{ messageId: head.message_id, head }], reason);
  metrics.receipts.inc({ outcome: 'undeliverable' }, settled);
}
