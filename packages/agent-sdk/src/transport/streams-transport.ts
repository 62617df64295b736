// The transport of a trusted host: it holds the broker's URL and writes to the streams itself.
import {
  AgentDeregisterV1,
  AgentHeartbeatV1,
  type AgentId,
  AgentRegisterV1,
  AgentRegistration,
  type AgentRegistrationInput,
  codec,
  INBOX_GROUP,
  INBOX_LOOK_AHEAD,
  type Message,
  type MessageRecord,
  MessageSendV1,
  NovaError,
  newMessage,
  newUuid,
  nextOfInbox,
  type StreamKeys,
  streamKeys,
  type TaskAssignedV1,
  TaskClaimV1,
} from '@nova-torch/protocol';
import {
  type Broker,
  createProducer,
  createRequester,
  openBroker,
  type Producer,
  type Requester,
  type StreamEntry,
} from '@nova-torch/streams';
import {
  type AgentTransport,
  type Claim,
  type CommandAccess,
  type Connect,
  type Heartbeat,
  type InboxEntry,
  type OutgoingMessage,
  type PullRequest,
  type Registered,
  type Settled,
  type Settlement,
  type TransportContext,
  TransportUnavailableError,
} from './agent-transport.ts';
import { InboxReader } from './inbox-reader.ts';
import { settleInbox } from './settle-inbox.ts';
import { refusal, translateBrokerError } from './streams-errors.ts';

export interface StreamsTransportOptions {
  readonly brokerUrl: string;
  /** Default 0. */
  readonly partition?: number;
}

/** Connects an agent to the broker itself; for hosts that are trusted with the broker's URL. */
export function streamsTransport(options: StreamsTransportOptions): Connect {
  return (context) => new StreamsTransport(options, context);
}

interface Opened {
  readonly broker: Broker;
  readonly producer: Producer<Message>;
  readonly requester: Requester<Message>;
}

class StreamsTransport implements AgentTransport {
  readonly kind = 'streams';
  readonly agentId = undefined;
  readonly secrets: readonly string[];
  readonly #options: StreamsTransportOptions;
  readonly #context: TransportContext;
  readonly #keys: StreamKeys;
  readonly #instance: string;
  readonly #backListeners = new Set<() => void>();
  #opening: Promise<Opened> | undefined;
  #opened: Opened | undefined;
  #inbox: { readonly agentId: AgentId; readonly reader: InboxReader } | undefined;
  /** Read and not handed out yet: what is more urgent goes first. Unacknowledged, so never lost. */
  #ahead: InboxEntry[] = [];
  #given = 0;
  #closed = false;

  constructor(options: StreamsTransportOptions, context: TransportContext) {
    this.#options = options;
    this.#context = context;
    this.#keys = streamKeys(options.partition ?? 0);
    this.#instance = `agent-host-${newUuid(Date.now()).slice(-12)}`;
    const password = URL.canParse(options.brokerUrl) ? new URL(options.brokerUrl).password : '';
    this.secrets = [options.brokerUrl, ...(password === '' ? [] : [decodeURIComponent(password)])];
  }

  async register(input: AgentRegistrationInput & { agent_id: AgentId }): Promise<Registered> {
    const registration = AgentRegistration.parse({ ...input, transport: 'streams' });
    const answer = await this.#request(this.#keys.registry, 'registry', (fields) =>
      newMessage(AgentRegisterV1, { registration }, fields),
    );
    if (answer.type !== 'agent.registered.v1') throw unexpected(answer);
    return { agent: answer.payload.agent, heartbeatEveryMs: answer.payload.heartbeat_every_ms };
  }

  async deregister(agentId: AgentId, reason: string): Promise<void> {
    await this.#request(this.#keys.registry, 'registry', (fields) =>
      newMessage(AgentDeregisterV1, { agent_id: agentId, reason }, fields),
    );
  }

  async heartbeat({ agentId, currentTasks, draining }: Heartbeat): Promise<void> {
    const { producer } = await this.#open();
    const message = newMessage(
      AgentHeartbeatV1,
      { agent_id: agentId, current_tasks: [...currentTasks], draining },
      { sender: agentId, target: 'registry', nowMs: this.serverNowMs() },
    );
    await producer.publish(this.#keys.registry, message).catch(translateBrokerError);
  }

  async pull({ agentId, max, waitMs }: PullRequest, signal: AbortSignal): Promise<InboxEntry[]> {
    const { broker } = await this.#open();
    if (signal.aborted) return [];
    const reader = await this.#readerOf(broker, agentId);
    const end = (): void => void reader.close();
    signal.addEventListener('abort', end, { once: true });
    try {
      const room = Math.max(max, INBOX_LOOK_AHEAD) - this.#ahead.length;
      if (room > 0) {
        const read = await reader.read(room, this.#ahead.length > 0 ? 0 : waitMs);
        this.#ahead.push(...read.map(openEntry));
      }
      const next = nextOfInbox(this.#ahead, max, this.#given, messageOf);
      const taken = new Set(next);
      this.#ahead = this.#ahead.filter((entry) => !taken.has(entry));
      this.#given += next.length;
      return next;
    } catch (error) {
      // All that is unacknowledged is read again.
      this.#ahead = [];
      if (signal.aborted) return [];
      return translateBrokerError(error);
    } finally {
      signal.removeEventListener('abort', end);
    }
  }

  async settle(settlements: readonly Settlement[]): Promise<Settled[]> {
    const { broker } = await this.#open();
    const byAgent = Map.groupBy(settlements, ({ agentId }) => agentId);
    for (const [agentId, own] of byAgent) {
      await settleInbox(broker, {
        inbox: this.#keys.agentInbox(agentId),
        group: INBOX_GROUP,
        publish: own.flatMap((one) => this.#outgoing(one)),
        deadLetters: own.flatMap(({ entryIds, deadLetter, expired }) => {
          if (deadLetter === undefined) return [];
          const reason = expired === true ? 'expired' : 'invalid';
          return entryIds.map((entryId) => ({ entryId, error: deadLetter, reason }));
        }),
        acknowledge: own.flatMap(({ entryIds }) => entryIds),
      }).catch(translateBrokerError);
    }
    return settlements.map(() => ({ kind: 'stored' }));
  }

  async claim({ payload, traceparent }: TaskAssignedV1): Promise<Claim> {
    const { task_id, agent_id, epoch, lease } = payload;
    const answer = await this.#request(this.#keys.tasksQueries, 'task-router', (fields) =>
      newMessage(TaskClaimV1, { task_id, agent_id, epoch, lease }, { ...fields, traceparent }),
    );
    if (answer.type !== 'task.claimed.v1') throw unexpected(answer);
    return { granted: answer.payload.granted, started: false, reason: answer.payload.reason };
  }

  async send({ messageId, from, to, body }: OutgoingMessage): Promise<MessageRecord> {
    const answer = await this.#request(this.#keys.collaborationPeer, 'collaboration', (fields) =>
      newMessage(MessageSendV1, { message_id: messageId, from, to, body }, fields),
    );
    if (answer.type !== 'message.state.v1') throw unexpected(answer);
    return answer.payload.message;
  }

  access(): CommandAccess {
    return { apiUrl: undefined, token: undefined };
  }

  serverNowMs(): number {
    return this.#opened?.broker.serverNowMs() ?? Date.now();
  }

  onBack(listener: () => void): () => void {
    this.#backListeners.add(listener);
    return () => this.#backListeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const opened = await this.#opening?.catch(() => undefined);
    await this.#inbox?.reader.close();
    await opened?.requester.stop();
    await opened?.broker.close();
  }

  #outgoing({ report, delivered }: Settlement): { stream: string; json: string }[] {
    const outgoing = [];
    if (report) outgoing.push({ stream: this.#keys.tasksReports, json: codec.encode(report) });
    if (delivered) outgoing.push({ stream: this.#keys.collaborationPeer, json: codec.encode(delivered) });
    return outgoing;
  }

  /** Asks, and waits for the answer within the requester's deadline. */
  async #request(
    stream: string,
    target: string,
    make: (fields: { sender: string; target: string; nowMs: number }) => Message,
  ): Promise<Message> {
    const { requester } = await this.#open();
    const message = make({ sender: this.#instance, target, nowMs: this.serverNowMs() });
    const answer = await requester.request(stream, message).catch(translateBrokerError);
    if (answer.type === 'request.refused.v1') throw refusal(answer.payload.code, answer.payload.detail);
    return answer;
  }

  async #readerOf(broker: Broker, agentId: AgentId): Promise<InboxReader> {
    if (this.#inbox?.agentId === agentId) return this.#inbox.reader;
    await this.#inbox?.reader.close();
    this.#ahead = [];
    const reader = new InboxReader(broker, this.#keys.agentInbox(agentId), agentId);
    this.#inbox = { agentId, reader };
    return reader;
  }

  #open(): Promise<Opened> {
    if (this.#closed) return Promise.reject(new TransportUnavailableError('the transport is closed'));
    this.#opening ??= this.#connect().catch((error) => {
      this.#opening = undefined;
      return translateBrokerError(error);
    });
    return this.#opening;
  }

  async #connect(): Promise<Opened> {
    const { logger } = this.#context;
    const broker = await openBroker({ url: this.#options.brokerUrl, name: this.#instance, logger });
    const producer = createProducer<Message>(broker, codec);
    const { tag } = this.#keys;
    const requester = createRequester<Message>({ broker, codec, tag, instance: this.#instance, logger });
    await requester.start();
    broker.on('reconnected', () => {
      for (const listener of this.#backListeners) listener();
    });
    this.#opened = { broker, producer, requester };
    return this.#opened;
  }
}

const messageOf = (entry: InboxEntry): Message | undefined =>
  'message' in entry ? entry.message : undefined;

function openEntry({ id, fields }: StreamEntry): InboxEntry {
  const decoded = codec.decode(fields.m ?? '');
  return decoded.ok
    ? { entryId: id, message: decoded.message }
    : { entryId: id, invalid: fields.m === undefined ? 'the entry was deleted' : decoded.error };
}

const unexpected = (answer: Message): Error =>
  new NovaError('INTERNAL', `${answer.type} is no answer to this request`);
