import type { Broker } from './broker.ts';
import { encodeBounded } from './encode.ts';
import { type Codec, type Delivered, FIELD, type MessageHead, type Outgoing } from './message.ts';
import { asString, type Command, type Reply } from './replies.ts';
import { replyOutgoing } from './reply-stream.ts';

export interface Producer<M extends MessageHead> {
  /**
   * Appends one message and returns its entry id. Rejects with PayloadTooLargeError before anything is sent, or with
   * the broker's error; after a timeout the message may or may not be there.
   */
  publish(stream: string, message: M): Promise<string>;
  /** Appends messages in one round trip, in order. Rejects on the first error; the others may have been appended. */
  publishAll(messages: readonly { stream: string; message: M }[]): Promise<string[]>;
  /**
   * Appends messages, then sends commands, all in one round trip and in order: whoever finds the effect of the commands
   * finds the messages. Rejects on the first error; any part of the rest may have happened.
   */
  publishAllThen(
    messages: readonly { stream: string; message: M }[],
    commands: readonly Command[],
  ): Promise<{ entryIds: string[]; replies: Reply[] }>;
  /** Answers a request. False if the requester does not wait any more. */
  reply(request: Delivered<M>, answer: M): Promise<boolean>;
}

/** Makes a producer on the broker's main connection. */
export function createProducer<M extends MessageHead>(broker: Broker, codec: Codec<M>): Producer<M> {
  const append = ({ stream, message, onlyIfExists }: Outgoing<M>): Command => {
    const json = encodeBounded(codec, message);
    return onlyIfExists
      ? ['XADD', stream, 'NOMKSTREAM', '*', FIELD.message, json]
      : ['XADD', stream, '*', FIELD.message, json];
  };
  return {
    async publish(stream, message) {
      return asString(await broker.call(...append({ stream, message })));
    },
    async publishAll(messages) {
      if (messages.length === 0) return [];
      return (await broker.batch(messages.map(append))).map(asString);
    },
    async publishAllThen(messages, commands) {
      const replies = await broker.batch([...messages.map(append), ...commands]);
      return {
        entryIds: replies.slice(0, messages.length).map(asString),
        replies: replies.slice(messages.length),
      };
    },
    async reply(request, answer) {
      const id = await broker.call(...append(replyOutgoing(request, answer)));
      return id !== null;
    },
  };
}
