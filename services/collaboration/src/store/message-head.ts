import type { AgentAddress, AgentId, MessageId, Priority } from '@nova-torch/protocol';

/** What a message is, as stored; its receipts are kept beside it. */
export interface MessageHead {
  readonly message_id: MessageId;
  readonly from: string;
  readonly to: AgentAddress;
  readonly body: unknown;
  readonly sent_at_ms: number;
  /** Server ms: when it is posted, if not at once, and from when on nobody is given it. */
  readonly deliver_at_ms?: number | undefined;
  readonly expires_at_ms?: number | undefined;
  readonly priority: Priority;
  /** The request that sent it: its envelope id, its entry on the stream, and its trace. */
  readonly request_id: string;
  readonly entry_id: string;
  readonly traceparent?: string | undefined;
}

/** A message and how far it has got. `total` is 0 while it waits for its time. `plan` has all recipients until the last one has been posted to. */
export interface StoredMessage {
  readonly head: MessageHead;
  readonly total: number;
  readonly posted: number;
  readonly plan: readonly AgentId[];
}
