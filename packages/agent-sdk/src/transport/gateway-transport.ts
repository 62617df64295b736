// The transport of agents outside the trusted network: HTTP to the gateway, with a token bound to one agent.
import {
  AgentId,
  AgentRecord,
  type AgentRegistrationInput,
  codec,
  MessageRecord,
  NovaError,
  type TaskAssignedV1,
} from '@nova-torch/protocol';
import { z } from 'zod';
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
import { GatewayReports } from './gateway-reports.ts';
import { callGateway, type HttpCall } from './http-calls.ts';
import { ServerClock } from './server-clock.ts';

export interface GatewayTransportOptions {
  readonly apiUrl: string;
  /** Registers any agent. */
  readonly adminKey?: string | undefined;
  /** Or the token of one agent, which can register again under its own id only. */
  readonly token?: string | undefined;
}

/** Connects an agent to the gateway. Throws a NovaError unless the address is one and there is a key or a token. */
export function gatewayTransport(options: GatewayTransportOptions): Connect {
  if (!URL.canParse(options.apiUrl)) throw new NovaError('VALIDATION', `${options.apiUrl} is no URL`);
  if (options.adminKey === undefined && options.token === undefined) {
    throw new NovaError('UNAUTHENTICATED', 'the gateway needs the admin key or an agent token');
  }
  if (options.token !== undefined && agentOfToken(options.token) === undefined) {
    throw new NovaError('UNAUTHENTICATED', 'the agent token is not one: <agent_id>.<signature>');
  }
  return (context) => new GatewayTransport(options, context);
}

const agentOfToken = (token: string): AgentId | undefined => AgentId.safeParse(token.split('.')[0]).data;

const CALL_DEADLINE_MS = 5_000;
/** How much longer than its wait a pull may take. */
const PULL_GRACE_MS = 5_000;
/** What the gateway accepts as a wait, in seconds. */
const PULL_WAIT_MAX_S = 20;

const RegisteredAnswer = z.object({
  agent: AgentRecord,
  token: z.string(),
  heartbeat_every_ms: z.number().positive(),
  server_time_ms: z.number(),
});
const PullAnswer = z.object({
  messages: z.array(z.object({ entry_id: z.string(), message: z.unknown() })),
  server_time_ms: z.number(),
});
const MessageAnswer = z.union([
  MessageRecord,
  z.object({ message: MessageRecord }).transform(({ message }) => message),
]);

class GatewayTransport implements AgentTransport {
  readonly kind = 'gateway';
  readonly agentId: AgentId | undefined;
  readonly secrets: readonly string[];
  readonly #options: GatewayTransportOptions;
  readonly #context: TransportContext;
  readonly #clock = new ServerClock();
  readonly #tokens = new Map<AgentId, string>();
  readonly #backListeners = new Set<() => void>();
  readonly #reports: GatewayReports;
  readonly #closing = new AbortController();
  #registration: (AgentRegistrationInput & { agent_id: AgentId }) | undefined;
  /** Changes when an answer may have been lost: what is not acknowledged is handed out again. */
  #session = newSession();
  #away = false;

  constructor(options: GatewayTransportOptions, context: TransportContext) {
    this.#options = options;
    this.#context = context;
    this.agentId = options.token === undefined ? undefined : agentOfToken(options.token);
    this.secrets = options.adminKey === undefined ? [] : [options.adminKey];
    this.#reports = new GatewayReports((agentId, path, body, traceparent) =>
      this.#asAgent(agentId, {
        path,
        body,
        ...(traceparent === undefined ? {} : { headers: { traceparent } }),
      }),
    );
  }

  async register(registration: AgentRegistrationInput & { agent_id: AgentId }): Promise<Registered> {
    const key = this.#options.adminKey ?? this.#options.token ?? '';
    const body = { ...registration, transport: 'gateway' };
    const answer = await this.#call({ method: 'POST', path: '/v1/agents', body, key });
    const registered = parse(RegisteredAnswer, answer);
    this.#clock.sample(registered.server_time_ms);
    this.#registration = registration;
    this.#tokens.set(registered.agent.agent_id, registered.token);
    return { agent: registered.agent, heartbeatEveryMs: registered.heartbeat_every_ms };
  }

  async deregister(agentId: AgentId, reason: string): Promise<void> {
    const query = new URLSearchParams({ reason });
    await this.#asAgent(agentId, { method: 'DELETE', path: `?${query}` });
  }

  async heartbeat({ agentId, currentTasks, draining }: Heartbeat): Promise<void> {
    await this.#asAgent(agentId, { path: '/heartbeat', body: { current_tasks: currentTasks, draining } });
  }

  async pull({ agentId, max, waitMs }: PullRequest, signal: AbortSignal): Promise<InboxEntry[]> {
    const wait_s = Math.min(PULL_WAIT_MAX_S, waitMs / 1000);
    let answer: unknown;
    try {
      const body = { max, wait_s, session: this.#session };
      const deadlineMs = wait_s * 1000 + PULL_GRACE_MS;
      answer = await this.#asAgent(agentId, { path: '/inbox/pull', body, deadlineMs, signal });
    } catch (error) {
      if (signal.aborted) return [];
      this.#session = newSession();
      throw error;
    }
    const { messages, server_time_ms } = parse(PullAnswer, answer);
    this.#clock.sample(server_time_ms);
    return messages.map(({ entry_id, message }) => {
      const decoded = codec.decode(JSON.stringify(message));
      return decoded.ok
        ? { entryId: entry_id, message: decoded.message }
        : { entryId: entry_id, invalid: decoded.error };
    });
  }

  settle(settlements: readonly Settlement[]): Promise<Settled[]> {
    return this.#reports.settle(settlements);
  }

  async claim({ payload, traceparent }: TaskAssignedV1): Promise<Claim> {
    const { task_id, agent_id, epoch, lease, lease_until_ms } = payload;
    const body = { epoch, lease, lease_until_ms, started_at_ms: this.serverNowMs() };
    const headers = traceparent === undefined ? {} : { traceparent };
    try {
      await this.#asAgent(agent_id, { path: `/tasks/${task_id}/start`, body, headers });
      return { granted: true, started: true, reason: 'the gateway took the start' };
    } catch (error) {
      if (error instanceof NovaError) return { granted: false, started: false, reason: error.message };
      throw error;
    }
  }

  async send({ messageId, from, to, body }: OutgoingMessage): Promise<MessageRecord> {
    const answer = await this.#call({
      method: 'POST',
      path: '/v1/messages',
      body: { message_id: messageId, to, body },
      key: this.#tokens.get(from) ?? '',
    });
    return parse(MessageAnswer, answer);
  }

  access(agentId: AgentId): CommandAccess {
    return { apiUrl: this.#options.apiUrl, token: this.#tokens.get(agentId) };
  }

  serverNowMs(): number {
    return this.#clock.nowMs();
  }

  onBack(listener: () => void): () => void {
    this.#backListeners.add(listener);
    return () => this.#backListeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }

  /** Calls a route of the agent with its token; a token the gateway does not take any more is renewed once. */
  async #asAgent(agentId: AgentId, call: Partial<HttpCall> & { readonly path: string }): Promise<unknown> {
    const send = (): Promise<unknown> =>
      this.#call({
        method: 'POST',
        ...call,
        path: `/v1/agents/${agentId}${call.path}`,
        key: this.#tokens.get(agentId) ?? this.#options.token ?? '',
      });
    try {
      return await send();
    } catch (error) {
      const refused = error instanceof NovaError && error.code === 'UNAUTHENTICATED';
      if (!refused || this.#options.adminKey === undefined) throw error;
      if (this.#registration?.agent_id !== agentId) throw error;
      this.#context.logger.warn({ agent_id: agentId }, 'the token is not taken any more: registering again');
      await this.register(this.#registration);
      return send();
    }
  }

  async #call(call: Omit<HttpCall, 'deadlineMs'> & { deadlineMs?: number | undefined }): Promise<unknown> {
    const signal = call.signal ? AbortSignal.any([call.signal, this.#closing.signal]) : this.#closing.signal;
    try {
      const answer = await callGateway(this.#options.apiUrl, {
        ...call,
        signal,
        deadlineMs: call.deadlineMs ?? CALL_DEADLINE_MS,
      });
      this.#answered();
      return answer;
    } catch (error) {
      if (error instanceof TransportUnavailableError) this.#away = !signal.aborted;
      else this.#answered();
      throw error;
    }
  }

  #answered(): void {
    if (!this.#away) return;
    this.#away = false;
    for (const listener of this.#backListeners) listener();
  }
}

const newSession = (): string => crypto.randomUUID();

/** The answer in its known form; another form means that something else listens there, which may pass. */
function parse<S extends z.ZodType>(schema: S, answer: unknown): z.output<S> {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new TransportUnavailableError(
    `the gateway's answer is not as agreed: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
  );
}
