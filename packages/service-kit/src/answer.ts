import {
  type ErrorCode,
  type Message,
  type MessageDefinition,
  newMessage,
  RequestRefusedV1,
} from '@nova-torch/protocol';
import { ack, type Delivered, type Outcome, replyOutgoing } from '@nova-torch/streams';
import { currentTraceparent } from '@nova-torch/tracing';
import type { z } from 'zod';

/** Who answers. */
export interface Answerer {
  /** The sender of answers. */
  readonly instance: string;
  /** The broker's clock, Unix ms. */
  serverNowMs(): number;
}

/** Acknowledges a request together with its answer. */
export function answer<D extends MessageDefinition>(
  { instance, serverNowMs }: Answerer,
  request: Delivered<Message>,
  definition: D,
  payload: z.infer<D['payload']>,
): Outcome<Message> {
  const { id, sender, traceparent } = request.message;
  const message = newMessage(definition, payload, {
    sender: instance,
    target: sender,
    nowMs: serverNowMs(),
    correlation_id: id,
    causation_id: id,
    traceparent: currentTraceparent() ?? traceparent,
  });
  return ack([replyOutgoing<Message>(request, message as unknown as Message)]);
}

/** Acknowledges a request with the reason why it is refused. */
export function refuse(
  deps: Answerer,
  request: Delivered<Message>,
  code: ErrorCode,
  detail: string,
  field?: string,
): Outcome<Message> {
  return answer(deps, request, RequestRefusedV1, { code, detail, ...(field !== undefined && { field }) });
}
