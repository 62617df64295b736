import { type AgentId, type MessageId, ownedKeys, streamKeys } from '@nova-torch/protocol';
import { deadLetterKey, delayedBodyKey, delayedKey } from '@nova-torch/streams';

/** Every key collaboration owns in a partition, and the streams its scripts write. */
export interface CollaborationKeys {
  /** ZSET by server ms: every message there is a record of. */
  readonly messages: string;
  /** ZSET by server ms: agents for which messages are queued. */
  readonly holders: string;
  /** ZSET by server ms: `<message id>|<agent id>` of queued messages that expire. */
  readonly expiring: string;
  /** ZSET by server ms and HASH: requests that wait for their time, as the delayed messages of the stream `peer`. */
  readonly delayed: string;
  readonly delayedBodies: string;
  /** STRING: the instance that handles messages now. */
  readonly active: string;
  /** WORK stream of what agents send each other. */
  readonly peer: string;
  readonly deadLetters: string;
  /** FEED of what became of messages. */
  readonly events: string;
  /** FEED of inboxes that got something. */
  readonly doorbell: string;
  /** HASH: head, total, posted; plan (all recipients in order) until all have been posted to. */
  message(messageId: MessageId): string;
  /** HASH: agent id → `state|at_ms|reason`. */
  receipts(messageId: MessageId): string;
  /** ZSET by server ms: ids of messages the agent has not taken yet. */
  queued(agentId: AgentId): string;
  /** WORK stream of the registry, written to if it exists. */
  inbox(agentId: AgentId): string;
}

/** Makes the keys of a partition. */
export function collaborationKeys(partition: number): CollaborationKeys {
  const own = ownedKeys(partition, 'collaboration');
  const streams = streamKeys(partition);
  return {
    messages: `${own}:messages`,
    holders: `${own}:holders`,
    expiring: `${own}:expiring`,
    delayed: delayedKey(streams.collaborationPeer),
    delayedBodies: delayedBodyKey(streams.collaborationPeer),
    active: `${own}:active`,
    peer: streams.collaborationPeer,
    deadLetters: deadLetterKey(streams.collaborationPeer),
    events: streams.collaborationEvents,
    doorbell: streams.agentsDoorbell,
    message: (messageId) => `${own}:message:${messageId}`,
    receipts: (messageId) => `${own}:receipts:${messageId}`,
    queued: (agentId) => `${own}:queued:${agentId}`,
    inbox: (agentId) => streams.agentInbox(agentId),
  };
}
