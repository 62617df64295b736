import {
  type AgentId,
  codec,
  InboxRangV1,
  MessageChangedV1,
  type MessageId,
  MessagePostedV1,
  type MessageReceipt,
  MessageSendV1,
  newMessage,
} from '@nova-torch/protocol';
import type { MessageHead } from './message-head.ts';

/** Who says it and when (server ms). */
export interface Saying {
  readonly sender: string;
  readonly nowMs: number;
}

/** A message as an agent finds it in its inbox, encoded. */
export function encodePosted(head: MessageHead, agentId: AgentId, saying: Saying): string {
  const { message_id, from, to, body, priority, request_id, traceparent } = head;
  const payload = { message_id, agent_id: agentId, from, to, body };
  const expires_at = head.expires_at_ms === undefined ? undefined : head.expires_at_ms / 1000;
  const fields = { ...saying, target: agentId, priority, causation_id: request_id, expires_at, traceparent };
  return codec.encode(newMessage(MessagePostedV1, payload, fields));
}

/** The ring of an inbox, encoded. */
export const encodeRing = (agentId: AgentId, saying: Saying): string =>
  codec.encode(newMessage(InboxRangV1, { agent_id: agentId }, { ...saying, target: 'agents.doorbell' }));

/** What became of a message at one recipient, encoded for the feed. */
export const encodeChanged = (messageId: MessageId, receipt: MessageReceipt, saying: Saying): string =>
  codec.encode(
    newMessage(
      MessageChangedV1,
      { message_id: messageId, receipt },
      { ...saying, target: 'collaboration.events' },
    ),
  );

/** The sender of requests that waited for their time: nobody waits for their answers. */
export const DELAYED_SENDER = 'collaboration.delayed';

/** The request that is put back on the stream when a message's time has come, encoded. */
export function encodeDue(head: MessageHead, nowMs: number): string {
  const { message_id, from, to, body, priority, request_id, traceparent } = head;
  const expires_at = head.expires_at_ms === undefined ? undefined : head.expires_at_ms / 1000;
  return codec.encode(
    newMessage(
      MessageSendV1,
      { message_id, from, to, body, expires_at },
      {
        ...{ sender: DELAYED_SENDER, target: 'collaboration', nowMs },
        ...{ priority, causation_id: request_id, traceparent },
      },
    ),
  );
}

/**
 * The dead letter of a message one agent did not take, encoded: a request to send it to that agent again, under an id of
 * its own, so that putting it back on the stream delivers it when the agent is back.
 */
export function encodeDeadLetter(
  head: MessageHead,
  agentId: AgentId,
  messageId: MessageId,
  saying: Saying,
): string {
  const { from, body, priority, message_id: original, request_id, traceparent } = head;
  const fields = { ...saying, target: 'collaboration', priority, correlation_id: original };
  return codec.encode(
    newMessage(
      MessageSendV1,
      { message_id: messageId, from, to: agentId, body },
      { ...fields, causation_id: request_id, traceparent },
    ),
  );
}
