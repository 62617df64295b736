// One registration of an agent: its heartbeats and its inbox, until it ends or the platform does not know it any more.
import { type AgentId, CAPACITY_MAX, type Message } from '@nova-torch/protocol';
import { HeartbeatTimer } from './heartbeat.ts';
import { readInbox } from './inbox-loop.ts';
import type { AgentLogger } from './logger.ts';
import type { MessageLoop } from './message-loop.ts';
import type { Outbox } from './outbox.ts';
import type { TaskLoop } from './task-loop.ts';
import type { AgentTransport, Registered } from './transport/agent-transport.ts';

/** The parts that live as long as the agent, through all its sessions. */
export interface AgentParts {
  readonly transport: AgentTransport;
  readonly outbox: Outbox;
  readonly tasks: TaskLoop;
  readonly messages: MessageLoop;
}

export interface SessionOptions {
  readonly parts: AgentParts;
  readonly registered: Registered;
  readonly isDraining: () => boolean;
  /** The platform asks the agent to drain until then (its clock, Unix ms). */
  readonly onDrain: (untilMs: number, reason: string) => void;
  readonly logger: AgentLogger;
}

export class AgentSession {
  readonly agentId: AgentId;
  /** Resolves when the session is over: with why the agent is gone, or with undefined after `end`. */
  readonly over: Promise<string | undefined>;
  readonly #options: SessionOptions;
  readonly #heartbeat: HeartbeatTimer;
  readonly #end = new AbortController();
  #goneBecause: string | undefined;

  constructor(options: SessionOptions) {
    const { agent, heartbeatEveryMs } = options.registered;
    const { transport, tasks } = options.parts;
    const { logger } = options;
    this.#options = options;
    this.agentId = agent.agent_id;
    this.#heartbeat = new HeartbeatTimer({
      transport,
      everyMs: heartbeatEveryMs,
      state: () => ({
        agentId: this.agentId,
        currentTasks: tasks.currentTasks().slice(0, CAPACITY_MAX),
        draining: options.isDraining(),
      }),
      onGone: () => this.#gone('the platform does not know the agent'),
      logger,
    });
    const { role, capacity } = agent;
    logger.info({ agent_id: this.agentId, role, capacity, transport: transport.kind }, 'registered');
    this.over = this.#read();
  }

  /** Sends a heartbeat now. */
  beat(): void {
    this.#heartbeat.beat();
  }

  /** Ends heartbeats and reading. Idempotent. */
  end(): void {
    this.#heartbeat.stop();
    this.#end.abort();
  }

  async #read(): Promise<string | undefined> {
    const { parts, logger } = this.#options;
    const { agentId } = this;
    const error = await readInbox({
      transport: parts.transport,
      agentId,
      freeSlots: () => parts.tasks.free,
      room: () => parts.messages.room(),
      onMessage: (message, entryId) => this.#take(message, entryId),
      onExpired: (message, entryId) => {
        logger.info({ agent_id: agentId, entry: entryId, type: message.type }, 'an inbox entry has expired');
        // What became of a message is kept in its record.
        const deadLetter = `expired at ${new Date((message.expires_at ?? 0) * 1000).toISOString()}`;
        const kept = message.type === 'message.posted.v1' ? {} : { deadLetter };
        void parts.outbox.add({ agentId, entryIds: [entryId], expired: true, ...kept });
      },
      nowMs: () => parts.transport.serverNowMs(),
      onInvalid: (entryId, invalid) => {
        logger.error({ agent_id: agentId, entry: entryId, invalid }, 'an inbox entry is not valid');
        void parts.outbox.add({ agentId, entryIds: [entryId], deadLetter: invalid });
      },
      signal: this.#end.signal,
      logger,
    });
    this.end();
    return this.#goneBecause ?? error?.message;
  }

  /** An entry is acknowledged after its effect: here, or by the loop that takes it (I4). */
  #take(message: Message, entryId: string): void {
    const { parts, logger, onDrain } = this.#options;
    switch (message.type) {
      case 'task.assigned.v1':
        parts.tasks.take(message, entryId);
        return;
      case 'message.posted.v1':
        parts.messages.take(message, entryId);
        return;
      case 'task.stop.v1':
        parts.tasks.stopTask(message.payload.task_id, message.payload.epoch, message.payload.reason);
        break;
      case 'agent.drain.v1':
        onDrain(message.payload.until_ms, message.payload.reason);
        break;
      case 'agent.gone.v1':
        this.#gone(message.payload.reason);
        break;
      default:
        logger.warn({ agent_id: this.agentId, type: message.type }, 'not for an inbox: ignored');
    }
    void parts.outbox.add({ agentId: this.agentId, entryIds: [entryId] });
  }

  #gone(reason: string): void {
    this.#goneBecause ??= reason;
    this.end();
  }
}
