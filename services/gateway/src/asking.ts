import {
  type Message,
  type MessageDefinition,
  type MessageType,
  NovaError,
  newMessage,
  type Priority,
} from '@nova-torch/protocol';
import {
  currentTraceparent,
  isSampled,
  messageAttributes,
  type Span,
  type Tracing,
} from '@nova-torch/service-kit';
import {
  type Broker,
  type Command,
  NoAnswerError,
  type Producer,
  type Reply,
  type Requester,
} from '@nova-torch/streams';
import type { z } from 'zod';

type PayloadOf<D extends MessageDefinition> = z.infer<D['payload']>;
type Definition = MessageDefinition & { type: MessageType };

/** A question or a request that is answered. */
export interface Question<D extends Definition, A extends Definition> {
  stream: string;
  /** The service that answers. */
  target: string;
  definition: D;
  payload: PayloadOf<D>;
  answer: A;
  priority?: Priority;
  /** How long its answer is waited for in ms, where the usual 2 s are too short. */
  timeoutMs?: number;
}

/** A message nobody answers. */
export interface Statement<D extends Definition> {
  stream: string;
  target: string;
  sender: string;
  definition: D;
  payload: PayloadOf<D>;
  priority?: Priority;
}

/** How the gateway speaks to the services: everything it sends goes through here and carries the request's trace. */
export interface Asking {
  /**
   * Sends a request and waits for its answer. Throws the error it was refused with (NovaError), NO_ANSWER when the
   * deadline passed, or the broker's error.
   */
  ask<D extends Definition, A extends Definition>(question: Question<D, A>): Promise<PayloadOf<A>>;
  /** Puts a message on its stream; resolves when the broker has it. */
  tell<D extends Definition>(statement: Statement<D>): Promise<void>;
  /** Puts several messages on their streams, then sends commands, in one round trip, in order; what those answer. */
  tellAll(statements: readonly Statement<Definition>[], commands?: readonly Command[]): Promise<Reply[]>;
}

export interface AskingOptions {
  producer: Producer<Message>;
  requester: Requester<Message>;
  broker: Broker;
  instance: string;
  tracing: Tracing;
}

/** A message about to be sent, and the span of its way if the request is traced. */
interface Outgoing {
  stream: string;
  message: Message;
  span: Span | undefined;
}

/** Makes what the routes speak through. */
export function createAsking({ producer, requester, broker, instance, tracing }: AskingOptions): Asking {
  const write = <D extends Definition>({
    stream,
    definition,
    payload,
    ...fields
  }: Statement<D>): Outgoing => {
    const current = currentTraceparent();
    const span = current !== undefined && isSampled(current) ? tracing.startSendSpan(stream) : undefined;
    const traceparent = span?.traceparent ?? current;
    const message = newMessage(definition, payload, {
      ...fields,
      ...{ nowMs: broker.serverNowMs(), traceparent },
    }) as unknown as Message;
    span?.set(messageAttributes(message));
    return { stream, message, span };
  };
  return {
    async ask({ stream, answer, timeoutMs, ...fields }) {
      const { message, span } = write({ ...fields, stream, sender: instance });
      const reply = await endingSpans(
        [span],
        requester.request(stream, message, { timeoutMs }).catch((error: unknown) => {
          throw explainSilence(error, fields.target, broker);
        }),
      );
      if (reply.type === 'request.refused.v1') {
        const { code, detail, field, retry_after_ms: retryAfterMs } = reply.payload;
        throw new NovaError(code, detail, { field, retryAfterMs });
      }
      if (reply.type !== answer.type) {
        throw new Error(`${fields.definition.type} was answered with ${reply.type}, not ${answer.type}`);
      }
      return reply.payload as PayloadOf<typeof answer>;
    },
    async tell(statement) {
      const { stream, message, span } = write(statement);
      await endingSpans([span], producer.publish(stream, message));
    },
    async tellAll(statements, commands = []) {
      const messages = statements.map(write);
      const sending = producer.publishAllThen(messages, commands);
      const spans = messages.map(({ span }) => span);
      return (await endingSpans(spans, sending)).replies;
    },
  };
}

/** Ends the spans of messages when it is known what became of them. */
async function endingSpans<R>(spans: readonly (Span | undefined)[], sending: Promise<R>): Promise<R> {
  try {
    const result = await sending;
    for (const span of spans) span?.end();
    return result;
  } catch (error) {
    for (const span of spans) span?.end(error);
    throw error;
  }
}

/** Silence has a reason of its own while the broker is away: nobody could be asked. */
function explainSilence(error: unknown, target: string, broker: Broker): unknown {
  if (!(error instanceof NoAnswerError)) return error;
  return broker.status().connected
    ? new NovaError('NO_ANSWER', `The ${target} did not answer in time.`, { cause: error })
    : new NovaError('BROKER_UNAVAILABLE', 'The broker went away before the answer.', { cause: error });
}
