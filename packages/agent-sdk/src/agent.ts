// An agent: registers, takes tasks and messages, reports, drains and leaves. The map:
//
//   agent-options.ts   what it is told, checked once
//   agent-session.ts   one registration                      heartbeat.ts, inbox-loop.ts   its two loops
//   task-loop.ts       assignments: begin, stop, give back     domain/assignment-book.ts   which may begin
//   task-run.ts        one run of one assignment               domain/ending.ts, reports.ts   what is said about it
//   criteria/          what a task's criteria find in the workspace
//   message-loop.ts    messages from others                    outbox.ts       what is not stored yet
//   transport/         the two ways to the platform            command/        any command as an agent
//
// A1 One registration (session) at a time. When the platform does not know the agent any more, all work is aborted and
//    the agent registers again: under its own id if it was given one, else as a new agent.
// A2 What the agent has to say outlives the session: it is kept until stored or known to be stale.
import {
  type AgentAddress,
  type AgentId,
  type MessageRecord,
  NovaError,
  newAgentId,
  newMessageId,
} from '@nova-torch/protocol';
import { type AgentOptions, type ResolvedOptions, resolveOptions } from './agent-options.ts';
import { type AgentParts, AgentSession } from './agent-session.ts';
import { proveInWorkspace } from './criteria/prove-in-workspace.ts';
import { MessageLoop } from './message-loop.ts';
import { Outbox } from './outbox.ts';
import { backoffMs, pause, within } from './pause.ts';
import type { MessageHandler, TaskHandler } from './task-context.ts';
import { TaskLoop } from './task-loop.ts';
import {
  AgentGoneError,
  type AgentTransport,
  type Registered,
  TransportUnavailableError,
} from './transport/agent-transport.ts';

const REGISTER_RETRY = { firstMs: 100, maxMs: 2_000 };
const SEND_RETRY = { firstMs: 100, maxMs: 1_000 };
const SEND_DEADLINE_MS = 10_000;
/** How long an ending agent goes on trying to store what it has to say, and to say that it leaves. */
const FAREWELL_MS = 5_000;
/** The same when it is in a hurry. */
const HURRY_MS = 1_000;
const DRAIN_DEFAULT_MS = 30_000;
/** Longer than any task may run. */
const DRAIN_MAX_MS = 8 * 24 * 3600_000;

export interface DrainOptions {
  /** How long running tasks may take before they are aborted, in ms. Infinity: as long as their own time limits. Default 30,000. */
  readonly deadlineMs?: number;
  readonly reason?: string;
}

export class Agent {
  readonly #options: ResolvedOptions;
  readonly #stopping = new AbortController();
  readonly #closed = Promise.withResolvers<void>();
  #taskHandler: TaskHandler | undefined;
  #messageHandler: MessageHandler | undefined;
  #parts: AgentParts | undefined;
  #session: AgentSession | undefined;
  #live: Promise<void> | undefined;
  #starting: Promise<void> | undefined;
  #ending: Promise<void> | undefined;
  /** Ends the waiting of a drain. */
  readonly #cutShort = new AbortController();
  /** Ends every waiting of the end. */
  readonly #hurryOver = new AbortController();
  #registering: Promise<Registered | undefined> | undefined;
  readonly #draining = new AbortController();

  /** Throws a TypeError that names every option that is wrong. Nothing is connected before `start`. */
  constructor(options: AgentOptions) {
    this.#options = resolveOptions(options);
  }

  /** The id it is registered under now. */
  get agentId(): AgentId | undefined {
    return this.#session?.agentId;
  }

  get state(): 'new' | 'starting' | 'running' | 'draining' | 'stopped' {
    if (this.#stopping.signal.aborted) return 'stopped';
    if (this.#draining.signal.aborted) return 'draining';
    if (this.#session) return 'running';
    return this.#starting ? 'starting' : 'new';
  }

  /** Resolves when the agent has ended, whoever ended it: `stop`, `drain` or the platform's request to drain. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** What does the tasks. Before `start`, once. */
  onTask(handler: TaskHandler): this {
    this.#assertNew();
    this.#taskHandler = handler;
    return this;
  }

  /** What takes messages from others. Without one, messages stay undelivered. Before `start`, once. */
  onMessage(handler: MessageHandler): this {
    this.#assertNew();
    this.#messageHandler = handler;
    return this;
  }

  /**
   * Registers and begins to take tasks; resolves when registered. Waits for a platform that is away. Rejects with a
   * NovaError when the registration is refused for good (credentials, fields). Idempotent.
   */
  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  /**
   * Takes nothing new, gives back what has not begun, lets running tasks finish until the deadline, aborts the rest
   * (reported as AGENT_DRAINED), deregisters, lets go of everything. Never rejects. Called again, it can only bring the
   * deadline nearer.
   */
  drain(options: DrainOptions = {}): Promise<void> {
    const deadlineMs = Math.min(options.deadlineMs ?? DRAIN_DEFAULT_MS, DRAIN_MAX_MS);
    const over = AbortSignal.any([this.#cutShort.signal, this.#stopping.signal]);
    void pause(deadlineMs, over).then(() => this.#cutShort.abort());
    this.#ending ??= this.#end(options.reason ?? 'the agent drains');
    return this.#ending;
  }

  /**
   * Like drain, but aborts running tasks at once. `hurry`: gives up after a second what could not be said by then.
   * Idempotent, may come before start.
   */
  stop({ hurry = false }: { hurry?: boolean } = {}): Promise<void> {
    this.#cutShort.abort();
    if (hurry) void pause(HURRY_MS, this.#stopping.signal).then(() => this.#hurryOver.abort());
    return this.drain({ deadlineMs: 0, reason: 'the agent stops' });
  }

  /**
   * Sends a message to an agent, to some (`role:…`, `skill:…`, `label:name=value`, `team:…`) or to `broadcast`. Tries again for 10 s when the platform is away;
   * a repeat is not delivered twice. Rejects with a NovaError, or with the last failure.
   */
  async sendMessage(to: AgentAddress, body: unknown): Promise<MessageRecord> {
    const [parts, from] = [this.#parts, this.#session?.agentId];
    if (parts === undefined || from === undefined) {
      throw new TransportUnavailableError('the agent is not registered');
    }
    const nowMs = parts.transport.serverNowMs();
    const messageId = newMessageId(0, nowMs);
    const giveUpAt = performance.now() + SEND_DEADLINE_MS;
    for (let failures = 1; ; failures += 1) {
      try {
        return await parts.transport.send({ messageId, from, to, body });
      } catch (error) {
        const over = performance.now() >= giveUpAt || this.#stopping.signal.aborted;
        if (over || !(error instanceof TransportUnavailableError)) throw error;
        await pause(backoffMs(failures, SEND_RETRY), this.#stopping.signal);
      }
    }
  }

  async #start(): Promise<void> {
    if (this.#ending) return;
    if (this.#taskHandler === undefined)
      throw new TypeError('give the agent a task handler first: onTask(…)');
    const parts = this.#makeParts(this.#taskHandler);
    this.#parts = parts;
    try {
      const registered = await this.#registration(parts);
      if (registered) this.#live = this.#run(parts, registered);
    } catch (error) {
      await parts.outbox.close(0);
      await parts.transport.close();
      this.#stopping.abort();
      this.#closed.resolve();
      throw error;
    }
  }

  #makeParts(handler: TaskHandler): AgentParts {
    const { connect, logger, tracing, abortGraceMs, messageDeadlineMs, registration, workspace } =
      this.#options;
    const transport = connect({ logger });
    const outbox = new Outbox({ settle: (settlements) => transport.settle(settlements), logger });
    transport.onBack(() => outbox.nudge());
    const tasks = new TaskLoop({
      capacity: registration.capacity,
      handler,
      prove: workspace && proveInWorkspace({ ...workspace, secrets: transport.secrets }),
      outbox,
      transport,
      logger,
      tracing,
      abortGraceMs,
      sendMessage: (to, body) => this.sendMessage(to, body),
    });
    const messages = new MessageLoop({
      handler: this.#messageHandler,
      deadlineMs: messageDeadlineMs,
      outbox,
      logger,
      nowMs: () => transport.serverNowMs(),
    });
    return { transport, outbox, tasks, messages };
  }

  #registration(parts: AgentParts): Promise<Registered | undefined> {
    this.#registering = this.#register(parts);
    return this.#registering;
  }

  /** Registers, for as long as it takes; undefined when the agent drains before. */
  async #register({ transport }: AgentParts): Promise<Registered | undefined> {
    const { logger, registration } = this.#options;
    const { signal } = this.#draining;
    const agentId = this.#options.agentId ?? transport.agentId ?? newAgentId(0, transport.serverNowMs());
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        const registered = await transport.register({ ...registration, agent_id: agentId });
        if (!signal.aborted) return registered;
        await transport.deregister(agentId, 'the agent drains');
      } catch (error) {
        if (error instanceof NovaError) throw error;
        logger.warn({ agent_id: agentId, failures, err: error }, 'not registered yet');
        await pause(backoffMs(failures, REGISTER_RETRY), signal);
      }
    }
    return undefined;
  }

  async #run(parts: AgentParts, first: Registered): Promise<void> {
    let registered: Registered | undefined = first;
    while (registered && !this.#stopping.signal.aborted) {
      const session = new AgentSession({
        parts,
        registered,
        isDraining: () => this.#draining.signal.aborted,
        onDrain: (untilMs, reason) => {
          const deadlineMs = Math.max(0, untilMs - parts.transport.serverNowMs());
          void this.drain({ deadlineMs, reason });
        },
        logger: this.#options.logger,
      });
      this.#session = session;
      const gone = await session.over;
      if (gone === undefined) return;
      this.#options.logger.warn(
        { agent_id: registered.agent.agent_id, reason: gone },
        'gone: registering again',
      );
      parts.tasks.abortAll('agent_gone', gone);
      registered = await this.#registerAgain(parts);
    }
  }

  async #registerAgain(parts: AgentParts): Promise<Registered | undefined> {
    const { signal } = this.#draining;
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        return await this.#registration(parts);
      } catch (error) {
        // What was accepted once may be again: an operator mends keys while agents wait.
        this.#options.logger.error({ err: error }, 'registration refused');
        await pause(backoffMs(failures, REGISTER_RETRY), signal);
      }
    }
    return undefined;
  }

  async #end(reason: string): Promise<void> {
    this.#draining.abort();
    const hurry = this.#hurryOver.signal;
    await within(this.#registering ?? Promise.resolve(), FAREWELL_MS, hurry);
    const parts = this.#parts;
    if (parts) {
      this.#session?.beat();
      parts.tasks.drain(reason);
      await within(parts.tasks.idle(), DRAIN_MAX_MS, this.#cutShort.signal);
      parts.tasks.abortAll('drained', 'the agent was asked to end before the task was done');
      await within(parts.tasks.idle(), this.#options.abortGraceMs + FAREWELL_MS, hurry);
      parts.messages.stop();
      const lost = await parts.outbox.close(FAREWELL_MS, hurry);
      if (lost > 0) this.#options.logger.error({ lost }, 'ended before everything could be reported');
      await this.#leave(parts.transport, reason, hurry);
      await parts.transport.close();
    }
    this.#stopping.abort();
    await this.#live;
    this.#options.logger.info({ agent_id: this.#session?.agentId, reason }, 'ended');
    this.#closed.resolve();
  }

  /** Says goodbye within FAREWELL_MS; without it the platform notices by the missing heartbeats. */
  async #leave(transport: AgentTransport, reason: string, hurry: AbortSignal): Promise<void> {
    const session = this.#session;
    if (!session) return;
    const giveUp = AbortSignal.any([hurry, AbortSignal.timeout(FAREWELL_MS)]);
    await within(this.#deregister(transport, session.agentId, reason, giveUp), FAREWELL_MS, hurry);
    session.end();
  }

  async #deregister(
    transport: AgentTransport,
    agentId: AgentId,
    reason: string,
    giveUp: AbortSignal,
  ): Promise<void> {
    for (let failures = 1; !giveUp.aborted; failures += 1) {
      try {
        await transport.deregister(agentId, reason);
        return;
      } catch (error) {
        if (error instanceof AgentGoneError) return;
        this.#options.logger.warn({ agent_id: agentId, err: error }, 'could not deregister');
        if (error instanceof NovaError) return;
        await pause(backoffMs(failures, REGISTER_RETRY), giveUp);
      }
    }
  }

  #assertNew(): void {
    if (this.#starting) throw new TypeError('handlers are set before start()');
  }
}
