import { AgentId, MessageId, type MessageReceipt } from '@nova-torch/protocol';
import { asHash, asNumber, asStrings } from '@nova-torch/streams';
import { decodeReceipt } from '../domain/receipt.ts';
import type { StoreContext } from './context.ts';
import type { MessageHead, StoredMessage } from './message-head.ts';

/** Reads messages in one round trip, in the order of the ids; undefined for those there is no record of. */
export async function readMessages(
  { broker, keys }: StoreContext,
  ids: readonly MessageId[],
): Promise<(StoredMessage | undefined)[]> {
  if (ids.length === 0) return [];
  const replies = await broker.batch(
    ids.map((id) => ['HMGET', keys.message(id), 'head', 'total', 'posted', 'plan'] as const),
  );
  return replies.map((reply) => {
    const [head = '', total = '', posted = '', plan = ''] = asStrings(reply);
    if (head === '') return undefined;
    return {
      head: JSON.parse(head) as MessageHead,
      total: Number(total),
      posted: Number(posted),
      plan: plan === '' ? [] : (JSON.parse(plan) as AgentId[]),
    };
  });
}

/** The receipts of a message, by agent id. */
export async function readReceipts({ broker, keys }: StoreContext, id: MessageId): Promise<MessageReceipt[]> {
  const stored = asHash(await broker.call('HGETALL', keys.receipts(id))) ?? {};
  return Object.entries(stored)
    .map(([agentId, text]) => decodeReceipt(AgentId.parse(agentId), text))
    .sort((a, b) => (a.agent_id < b.agent_id ? -1 : 1));
}

/** Messages queued for an agent, the oldest first, at most `limit`. */
export async function readQueued(
  { broker, keys }: StoreContext,
  agentId: AgentId,
  limit: number,
): Promise<MessageId[]> {
  return asStrings(await broker.call('ZRANGE', keys.queued(agentId), 0, limit - 1)).map((id) =>
    MessageId.parse(id),
  );
}

/** Agents for which messages are queued, none of them since `untilMs` (server ms); `limit` of them from `offset`. */
export async function readHolders(
  { broker, keys }: StoreContext,
  untilMs: number,
  page: { readonly offset: number; readonly limit: number },
): Promise<AgentId[]> {
  const { offset, limit } = page;
  const reply = await broker.call('ZRANGEBYSCORE', keys.holders, '-inf', untilMs, 'LIMIT', offset, limit);
  return asStrings(reply).map((id) => AgentId.parse(id));
}

/** The oldest records: those sent before `beforeMs` (server ms), and those beyond `keepMax`; at most `limit`. */
export async function readPrunable(
  { broker, keys }: StoreContext,
  { beforeMs, keepMax, limit }: { beforeMs: number; keepMax: number; limit: number },
): Promise<MessageId[]> {
  const [expired, count] = await broker.batch([
    ['ZRANGEBYSCORE', keys.messages, '-inf', `(${beforeMs}`, 'LIMIT', 0, limit],
    ['ZCARD', keys.messages],
  ]);
  const over = Math.min(limit, asNumber(count) - keepMax);
  const oldest = over > 0 ? asStrings(await broker.call('ZRANGE', keys.messages, 0, over - 1)) : [];
  return [...new Set([...asStrings(expired), ...oldest])].slice(0, limit).map((id) => MessageId.parse(id));
}
