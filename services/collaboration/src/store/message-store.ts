import type { AgentId, MessageId, MessageReceipt } from '@nova-torch/protocol';
import { claimPending } from './claim-pending.ts';
import type { StoreContext } from './context.ts';
import { type Expiring, expireMessages, readExpired } from './expire-messages.ts';
import { holdTurn } from './hold-turn.ts';
import type { MessageHead, StoredMessage } from './message-head.ts';
import { type PostResult, postMessage } from './post-message.ts';
import { pruneMessages } from './prune-messages.ts';
import { readHolders, readMessages, readPrunable, readQueued, readReceipts } from './read-messages.ts';
import { type Scheduled, scheduleMessage } from './schedule-message.ts';
import { settleUndeliverable, type Undeliverable, type UndeliverableReason } from './settle-undeliverable.ts';
import { type Delivery, type DeliveryResult, takeDeliveries } from './take-deliveries.ts';

/** The messages of a partition as they are stored. Every function says beside its own definition what it guards. */
export interface MessageStore {
  read(ids: readonly MessageId[]): Promise<(StoredMessage | undefined)[]>;
  readReceipts(id: MessageId): Promise<MessageReceipt[]>;
  readQueued(agentId: AgentId, limit: number): Promise<MessageId[]>;
  readHolders(untilMs: number, page: { offset: number; limit: number }): Promise<AgentId[]>;
  readPrunable(bounds: { beforeMs: number; keepMax: number; limit: number }): Promise<MessageId[]>;
  post(message: StoredMessage, agentIds: readonly AgentId[]): Promise<PostResult>;
  schedule(head: MessageHead, limit: number): Promise<Scheduled>;
  readExpired(limit: number): Promise<Expiring[]>;
  expire(expiring: readonly Expiring[]): Promise<number>;
  deliver(deliveries: readonly Delivery[]): Promise<DeliveryResult[]>;
  settle(agentId: AgentId, messages: readonly Undeliverable[], reason: UndeliverableReason): Promise<number>;
  prune(ids: readonly MessageId[]): Promise<number>;
  holdTurn(ttlMs: number): Promise<boolean>;
  claimPending(group: string, consumer: string): Promise<number>;
}

/** Binds the store's functions to a partition of the broker. */
export function createMessageStore(context: StoreContext): MessageStore {
  return {
    read: (ids) => readMessages(context, ids),
    readReceipts: (id) => readReceipts(context, id),
    readQueued: (agentId, limit) => readQueued(context, agentId, limit),
    readHolders: (untilMs, page) => readHolders(context, untilMs, page),
    readPrunable: (bounds) => readPrunable(context, bounds),
    post: (message, agentIds) => postMessage(context, message, agentIds),
    schedule: (head, limit) => scheduleMessage(context, head, limit),
    readExpired: (limit) => readExpired(context, limit),
    expire: (expiring) => expireMessages(context, expiring),
    deliver: (deliveries) => takeDeliveries(context, deliveries),
    settle: (agentId, messages, reason) => settleUndeliverable(context, agentId, messages, reason),
    prune: (ids) => pruneMessages(context, ids),
    holdTurn: (ttlMs) => holdTurn(context, ttlMs),
    claimPending: (group, consumer) => claimPending(context, group, consumer),
  };
}
