// The other side of the contract: what registry, task-router and collaboration do for one agent, on a real broker.
import {
  AgentGoneV1,
  type AgentId,
  type AgentRecord,
  AgentRegisteredV1,
  type AgentRegistration,
  AgentStateV1,
  codec,
  declareStream,
  INBOX_GROUP,
  InboxRangV1,
  type Message,
  type MessageDefinition,
  MessagePostedV1,
  MessageStateV1,
  newMessage,
  newMessageId,
  newTaskId,
  type Priority,
  RequestRefusedV1,
  type StreamField,
  streamKeys,
  TaskAssignedV1,
  TaskClaimedV1,
  type TaskId,
  TaskSpec,
  type TaskSpecInput,
  TaskStopV1,
} from '@nova-torch/protocol';
import {
  ack,
  asEntries,
  asNumber,
  type Broker,
  type Consumer,
  type ConsumerSlot,
  codeOf,
  createConsumer,
  type Delivered,
  deadLetterKey,
  leaseConsumerSlot,
  type Outcome,
  openBroker,
  replyOutgoing,
} from '@nova-torch/streams';
import type { z } from 'zod';

export interface PlatformOptions {
  brokerUrl: string;
  heartbeatMs?: number;
}

export interface AssignOptions {
  taskId?: TaskId;
  epoch?: number;
  attempt?: number;
  /** From now, in ms. */
  leaseMs?: number;
  spec?: Partial<TaskSpecInput>;
  dependencyResults?: Record<string, unknown>;
  traceparent?: string;
}

const keys = streamKeys(0);

export class Platform {
  readonly broker: Broker;
  readonly heartbeatMs: number;
  readonly registrations: AgentRegistration[] = [];
  readonly heartbeats: Extract<Message, { type: 'agent.heartbeat.v1' }>['payload'][] = [];
  readonly left: AgentId[] = [];
  readonly claims: TaskId[] = [];
  readonly sent: Extract<Message, { type: 'message.send.v1' }>['payload'][] = [];
  readonly delivered: string[] = [];
  /** What a claim is answered with; undefined: not at all. */
  grant: boolean | undefined = true;
  #consumers: Consumer[] = [];
  #slots: ConsumerSlot[] = [];
  #epoch = Date.now();

  constructor(broker: Broker, heartbeatMs: number) {
    this.broker = broker;
    this.heartbeatMs = heartbeatMs;
  }

  static async open({ brokerUrl, heartbeatMs = 200 }: PlatformOptions): Promise<Platform> {
    const platform = new Platform(await openBroker({ url: brokerUrl, name: 'platform' }), heartbeatMs);
    await platform.#consume('registry', 'registry', (message) => platform.#registry(message));
    await platform.#consume('tasksQueries', 'task-router', (message) => platform.#router(message));
    await platform.#consume('collaborationPeer', 'collaboration', (message) => platform.#peers(message));
    return platform;
  }

  /** Puts an assignment into the agent's inbox. */
  async assign(agentId: AgentId, options: AssignOptions = {}): Promise<TaskAssignedV1['payload']> {
    const nowMs = this.broker.serverNowMs();
    this.#epoch += 1;
    const payload = {
      task_id: options.taskId ?? newTaskId(0, nowMs),
      agent_id: agentId,
      epoch: options.epoch ?? this.#epoch,
      lease: `lease-${this.#epoch}`,
      lease_until_ms: nowMs + (options.leaseMs ?? 10_000),
      attempt: options.attempt ?? 1,
      spec: TaskSpec.parse({ title: 'a task', ...options.spec }),
      dependency_results: (options.dependencyResults ??
        {}) as TaskAssignedV1['payload']['dependency_results'],
    };
    await this.post(agentId, TaskAssignedV1, payload, options.traceparent);
    return payload;
  }

  stopTask(agentId: AgentId, task_id: TaskId, epoch: number): Promise<string> {
    return this.post(agentId, TaskStopV1, { task_id, epoch, reason: 'cancelled by a test' });
  }

  gone(agentId: AgentId): Promise<string> {
    return this.post(agentId, AgentGoneV1, { agent_id: agentId, reason: 'taken for dead' });
  }

  async message(agentId: AgentId, body: unknown): Promise<string> {
    const message_id = newMessageId(0, this.broker.serverNowMs());
    await this.post(agentId, MessagePostedV1, {
      message_id,
      agent_id: agentId,
      from: 'a test',
      to: agentId,
      body,
    });
    return message_id;
  }

  /** Writes messages into the agent's inbox at once, then rings. */
  async messages(
    agentId: AgentId,
    all: readonly { body: unknown; fields: { priority?: Priority; expires_at?: number } }[],
  ): Promise<void> {
    const nowMs = this.broker.serverNowMs();
    const inbox = keys.agentInbox(agentId);
    const commands = all.map(({ body, fields }) => {
      const payload = {
        message_id: newMessageId(0, nowMs),
        agent_id: agentId,
        from: 'a test',
        to: agentId,
        body,
      };
      const message = newMessage(MessagePostedV1, payload, {
        sender: 'x',
        target: agentId,
        nowMs,
        ...fields,
      });
      return ['XADD', inbox, '*', 'm', codec.encode(message)] as const;
    });
    const ring = newMessage(
      InboxRangV1,
      { agent_id: agentId },
      { sender: 'x', target: 'agents.doorbell', nowMs },
    );
    // In one step, so that no reader sees a part of it.
    await this.broker.batch([
      ['MULTI'],
      ...commands,
      ['XADD', keys.agentsDoorbell, '*', 'm', codec.encode(ring)],
      ['EXEC'],
    ]);
  }

  /** Writes a message into the agent's inbox. */
  post<D extends MessageDefinition>(
    agentId: AgentId,
    definition: D,
    payload: z.infer<D['payload']>,
    traceparent?: string,
  ): Promise<string> {
    const nowMs = this.broker.serverNowMs();
    const message = newMessage(definition, payload, {
      sender: 'platform',
      target: agentId,
      nowMs,
      traceparent,
    });
    return this.postRaw(agentId, JSON.stringify(message));
  }

  async postRaw(agentId: AgentId, json: string): Promise<string> {
    const nowMs = this.broker.serverNowMs();
    const fields = { sender: 'platform', target: agentId, nowMs };
    const rang = JSON.stringify(newMessage(InboxRangV1, { agent_id: agentId }, fields));
    const [entryId] = await this.broker.batch([
      ['XADD', keys.agentInbox(agentId), '*', 'm', json],
      ['XADD', keys.agentsDoorbell, '*', 'm', rang],
    ]);
    return String(entryId);
  }

  /** Everything reported is of the present test. */
  async forgetReports(): Promise<void> {
    await this.broker.call('XTRIM', keys.tasksReports, 'MAXLEN', 0);
  }

  /** Everything reported so far, oldest first. */
  async reports(): Promise<Extract<Message, { type: `report.${string}` }>[]> {
    const entries = asEntries(await this.broker.call('XRANGE', keys.tasksReports, '-', '+'));
    return entries.map(({ fields }) => {
      const decoded = codec.decode(fields.m ?? '');
      if (!decoded.ok) throw new Error(`a report does not parse: ${decoded.error}`);
      return decoded.message as Extract<Message, { type: `report.${string}` }>;
    });
  }

  /** Types of what was reported about a task, in order. */
  async reportedOf(taskId: TaskId): Promise<string[]> {
    const all = await this.reports();
    return all
      .filter(({ payload }) => payload.task_id === taskId)
      .map(({ type }) => type.split('.')[1] ?? '');
  }

  /** Entries of the inbox handed out and not acknowledged. */
  async pending(agentId: AgentId): Promise<number> {
    const reply = await this.broker.call('XPENDING', keys.agentInbox(agentId), INBOX_GROUP);
    return asNumber(Array.isArray(reply) ? reply[0] : 0);
  }

  async deadLetters(agentId: AgentId): Promise<Record<string, string>[]> {
    const inbox = keys.agentInbox(agentId);
    const all = asEntries(await this.broker.call('XRANGE', deadLetterKey(inbox), '-', '+'));
    const entries = all.filter(({ fields }) => fields.source === inbox);
    return entries.map(({ fields }) => fields);
  }

  /** Removes the agent, as the registry does when it is reaped. */
  async reap(agentId: AgentId): Promise<void> {
    await this.broker.call('DEL', keys.agentInbox(agentId));
  }

  async close(): Promise<void> {
    for (const consumer of this.#consumers) await consumer.stop();
    for (const slot of this.#slots) await slot.stop();
    await this.broker.close();
  }

  async #consume(
    field: StreamField,
    group: string,
    handler: (message: Delivered<Message>) => Promise<Outcome>,
  ): Promise<void> {
    const { broker } = this;
    const slot = await leaseConsumerSlot(broker, {
      tag: keys.tag,
      group,
      service: group,
      instance: 'platform',
    });
    const streams = [declareStream(0, field)];
    const batch = (messages: Delivered<Message>[]) => Promise.all(messages.map(handler));
    const consumer = createConsumer<Message>({
      broker,
      codec,
      group,
      consumer: slot,
      streams,
      handlers: { batch },
    });
    await slot.start();
    await consumer.start();
    this.#slots.push(slot);
    this.#consumers.push(consumer);
  }

  async #registry(delivered: Delivered<Message>): Promise<Outcome> {
    const { message } = delivered;
    if (message.type === 'agent.register.v1') {
      this.registrations.push(message.payload.registration);
      return this.#answer(delivered, AgentRegisteredV1, {
        agent: await this.#record(message.payload.registration),
        heartbeat_every_ms: this.heartbeatMs,
        server_time_ms: this.broker.serverNowMs(),
      });
    }
    if (message.type === 'agent.deregister.v1') {
      this.left.push(message.payload.agent_id);
      const registration = this.registrations.find(({ agent_id }) => agent_id === message.payload.agent_id);
      if (registration === undefined) {
        return this.#answer(delivered, RequestRefusedV1, {
          code: 'AGENT_UNKNOWN',
          detail: 'never registered',
        });
      }
      return this.#answer(delivered, AgentStateV1, { agent: await this.#record(registration) });
    }
    if (message.type === 'agent.heartbeat.v1') this.heartbeats.push(message.payload);
    return ack();
  }

  async #record(registration: AgentRegistration): Promise<AgentRecord> {
    const { agent_id } = registration;
    if (agent_id === undefined) throw new Error('an agent registers under an id of its own making');
    await this.broker
      .call('XGROUP', 'CREATE', keys.agentInbox(agent_id), INBOX_GROUP, '0', 'MKSTREAM')
      .catch((error) => {
        if (codeOf(error) !== 'BUSYGROUP') throw error;
      });
    return {
      ...registration,
      agent_id,
      status: 'idle',
      last_heartbeat: this.broker.serverNowMs() / 1000,
      current_tasks: [],
      performance: { tasks_completed: 0, success_rate: 1, avg_completion_time: 0 },
      registered_at: this.broker.serverNowMs() / 1000,
      version: 1,
    };
  }

  async #router(delivered: Delivered<Message>): Promise<Outcome> {
    const { message } = delivered;
    if (message.type !== 'task.claim.v1') return ack();
    this.claims.push(message.payload.task_id);
    if (this.grant === undefined) return ack();
    const { task_id } = message.payload;
    return this.#answer(delivered, TaskClaimedV1, { task_id, granted: this.grant, reason: 'a test says so' });
  }

  async #peers(delivered: Delivered<Message>): Promise<Outcome> {
    const { message } = delivered;
    if (message.type === 'message.delivered.v1') this.delivered.push(message.payload.message_id);
    if (message.type !== 'message.send.v1') return ack();
    this.sent.push(message.payload);
    const { message_id, from, to, body } = message.payload;
    if (to === 'role:nobody') {
      return this.#answer(delivered, RequestRefusedV1, {
        code: 'NO_RECIPIENT',
        detail: 'nobody has this role',
      });
    }
    const sent_at_ms = this.broker.serverNowMs();
    return this.#answer(delivered, MessageStateV1, {
      message: { message_id, from, to, body, sent_at_ms, recipients: [] },
    });
  }

  #answer<D extends MessageDefinition>(
    request: Delivered<Message>,
    definition: D,
    payload: z.infer<D['payload']>,
  ): Outcome {
    const nowMs = this.broker.serverNowMs();
    const answer = newMessage(definition, payload, {
      sender: 'platform',
      target: request.message.sender,
      nowMs,
    });
    return ack([replyOutgoing(request, answer as unknown as Message)]);
  }
}
