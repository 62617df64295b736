// The other services' side of the contract, over real streams: what they consume, and what they answer.
import {
  codec,
  declareStream,
  type Message,
  type MessageDefinition,
  type MessageType,
  NovaError,
  newMessage,
  RequestRefusedV1,
  type StreamField,
  streamKeys,
} from '@nova-torch/protocol';
import {
  ack,
  type Broker,
  createConsumer,
  createProducer,
  type Delivered,
  leaseConsumerSlot,
  openBroker,
  replyOutgoing,
} from '@nova-torch/streams';
import { eventually } from '@nova-torch/testing';

export const streams = streamKeys(0);

type Handler = (
  message: Delivered<Message>,
) => { definition: MessageDefinition; payload: unknown } | undefined;

export interface OtherServices {
  broker: Broker;
  /** Every message they got, oldest first. */
  received: Message[];
  of<T extends MessageType>(type: T): Extract<Message, { type: T }>[];
  /** The first message of a type they got, or get soon. */
  next<T extends MessageType>(
    type: T,
    matches?: (message: Extract<Message, { type: T }>) => boolean,
  ): Promise<Extract<Message, { type: T }>>;
  /** Decides what a type of message is answered with; nothing = no answer; a thrown NovaError = refused. */
  on(type: MessageType, handler: Handler): void;
  publish<D extends MessageDefinition>(stream: string, definition: D, payload: unknown): Promise<void>;
  stop(): Promise<void>;
}

const CONSUMED: Partial<Record<StreamField, string>> = {
  tasksQueue: 'task-router',
  tasksReports: 'task-router',
  tasksQueries: 'task-router',
  registry: 'registry',
  agentsSpawning: 'spawner',
  agentsTerminating: 'spawner',
  collaborationPeer: 'collaboration',
};

/** What a handler answers; what it refuses becomes the refusal. */
function decide(handler: Handler | undefined, delivered: Delivered<Message>): ReturnType<Handler> {
  try {
    return handler?.(delivered);
  } catch (error) {
    if (!(error instanceof NovaError)) throw error;
    const { code, message: detail, field } = error;
    return { definition: RequestRefusedV1, payload: { code, detail, ...(field !== undefined && { field }) } };
  }
}

/** Consumes every work stream the gateway writes to. */
export async function startOtherServices(brokerUrl: string): Promise<OtherServices> {
  const broker = await openBroker({ url: brokerUrl, name: 'other-services' });
  const producer = createProducer(broker, codec);
  const received: Message[] = [];
  const handlers = new Map<string, Handler>();
  const fields = (target: string, causation_id?: string) => ({
    sender: 'other-services',
    target,
    nowMs: broker.serverNowMs(),
    causation_id,
  });
  const answer = async (delivered: Delivered<Message>) => {
    const { message } = delivered;
    received.push(message);
    const reply = decide(handlers.get(message.type), delivered);
    if (reply === undefined) return ack();
    const made = newMessage(reply.definition, reply.payload, fields(message.sender, message.id)) as Message;
    return ack([replyOutgoing(delivered, made)]);
  };
  const parts: { stop(): Promise<void> }[] = [];
  for (const [field, group] of Object.entries(CONSUMED) as [StreamField, string][]) {
    const slot = await leaseConsumerSlot(broker, {
      tag: streams.tag,
      group: `${group}.${field}`,
      service: group,
      instance: 'other-services',
    });
    const consumer = createConsumer({
      broker,
      codec,
      group,
      consumer: slot,
      streams: [declareStream(0, field)],
      handlers: { batch: (messages) => Promise.all(messages.map(answer)) },
    });
    await slot.start();
    await consumer.start();
    parts.push(consumer, slot);
  }
  return {
    broker,
    received,
    of: (type) => received.filter((message) => message.type === type) as never,
    next: (type, matches = () => true) =>
      eventually(
        () => (received.filter((message) => message.type === type) as never[]).find(matches) ?? false,
        {
          what: `a ${type}`,
        },
      ) as never,
    on: (type, handler) => void handlers.set(type, handler),
    async publish(stream, definition, payload) {
      await producer.publish(stream, newMessage(definition, payload as never, fields('all')) as Message);
    },
    async stop() {
      for (const part of parts) await part.stop();
      await broker.close();
    },
  };
}
