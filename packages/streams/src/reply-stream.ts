import { hashTag } from './hash-tag.ts';
import type { Delivered, MessageHead, Outgoing } from './message.ts';
import { replyStreamKey } from './stream-declaration.ts';

/** The stream on which the sender of a request waits for the answer; `tag` in braces. */
export function replyTo(request: MessageHead, tag: string): string {
  return replyStreamKey(tag, request.sender);
}

/**
 * The answer to a request, addressed to its sender, to be published with the acknowledgement of the request:
 * `ack([replyOutgoing(request, answer)])`. It is dropped if the requester does not wait any more.
 */
export function replyOutgoing<M extends MessageHead>(request: Delivered<M>, answer: M): Outgoing<M> {
  const { message, stream } = request;
  return {
    stream: replyTo(message, `{${hashTag(stream)}}`),
    message: { ...answer, target: message.sender, correlation_id: message.id },
    onlyIfExists: true,
  };
}
