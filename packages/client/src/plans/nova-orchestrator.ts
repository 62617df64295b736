// Messages between agents, with questions and answers on top: a question is a message whose body carries a number of its
// own, its answer one whose body carries the same.
import type { MessagePostedV1, MessageRecord } from '@nova-torch/protocol';
import { NovaApiError } from '../errors.ts';
import type { NovaClient } from '../nova-client.ts';
import { pause } from '../retry.ts';

/** A message for this agent. */
export interface ReceivedMessage {
  messageId: string;
  from: string;
  body: unknown;
  /** Whether the sender waits for an answer: what the handler returns. */
  isRequest: boolean;
}

/** Handles one message; what it returns answers a request. When it throws, the message is handed out again. */
export type MessageHandler = (message: ReceivedMessage) => unknown;

/** Ends what `onMessage` began; resolves when the handler under way is done. */
export interface Subscription {
  stop(): Promise<void>;
  /** Resolves when the subscription ended; rejects when it cannot go on: the agent is gone, the key is not valid. */
  readonly ended: Promise<void>;
}

/** The bodies of questions and of answers. */
type Question = { nova_request: string; body: unknown };
type Reply = { nova_reply: string; body: unknown };

const REQUEST_TIMEOUT_MS = 30_000;
const AFTER_FAILURE_MS = 500;
/** Errors that another try does not mend. */
const FINAL: readonly string[] = ['AGENT_UNKNOWN', 'UNAUTHENTICATED', 'FORBIDDEN', 'VALIDATION'];

/** Sends messages, and receives them for one agent. */
export class NovaOrchestrator {
  readonly #client: NovaClient;
  readonly #agentId: string | undefined;
  readonly #answers = new Map<string, (body: unknown) => void>();
  #subscription: Subscription | undefined;

  /** `agentId` is the agent that receives; without it only `sendMessage` works. */
  constructor(client: NovaClient, agentId?: string) {
    this.#client = client;
    this.#agentId = agentId;
  }

  /** Sends a message to an agent, `role:<role>` or `broadcast`. */
  sendMessage(to: string, body: unknown, options: { idempotencyKey?: string } = {}): Promise<MessageRecord> {
    return this.#client.sendMessage({ to, body }, options);
  }

  /**
   * Hands every message for this agent to `handler`, one at a time, and acknowledges it when the handler is done. Other
   * entries of the inbox are left for the agent's task loop. Throws when the agent is not named, or listens already.
   */
  onMessage(handler: MessageHandler): Subscription {
    const agentId = this.#receiver();
    if (this.#subscription !== undefined) throw new Error('this orchestrator listens already');
    const stopping = new AbortController();
    const ended = this.#listen(agentId, handler, stopping.signal).finally(() => {
      this.#subscription = undefined;
    });
    // Whoever does not look at `ended` is not to be ended by it.
    ended.catch(() => undefined);
    const stop = async (): Promise<void> => {
      stopping.abort();
      await ended.catch(() => undefined);
    };
    this.#subscription = { ended, stop };
    return this.#subscription;
  }

  /**
   * Asks another agent and waits for its answer: what its handler returns. Needs `onMessage` of this orchestrator, which
   * receives the answer. Rejects with DEADLINE after `timeoutMs` (30,000 unless told).
   */
  async request(to: string, body: unknown, options: { timeoutMs?: number } = {}): Promise<unknown> {
    this.#receiver();
    if (this.#subscription === undefined)
      throw new Error('onMessage must be called first: it receives the answer');
    const timeoutMs = options.timeoutMs ?? REQUEST_TIMEOUT_MS;
    const requestId = crypto.randomUUID();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#answers.set(requestId, resolve);
    const timer = setTimeout(() => reject(noAnswer(to, timeoutMs)), timeoutMs);
    // The deadline may pass while the question is being sent still.
    promise.catch(() => undefined);
    try {
      const question: Question = { nova_request: requestId, body };
      await this.sendMessage(to, question);
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#answers.delete(requestId);
    }
  }

  #receiver(): string {
    if (this.#agentId === undefined) throw new Error('receiving needs the id of the agent that receives');
    return this.#agentId;
  }

  async #listen(agentId: string, handler: MessageHandler, signal: AbortSignal): Promise<void> {
    let session = crypto.randomUUID();
    while (!signal.aborted) {
      try {
        const pulled = await this.#client.pullInbox(agentId, { session, signal });
        for (const { entry_id, message } of pulled) {
          if (signal.aborted || message.type !== 'message.posted.v1') continue;
          await this.#handle(message.payload, handler);
          await this.#client.ackInbox(agentId, [entry_id]);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof NovaApiError && FINAL.includes(error.code)) throw error;
        // What was given out and is not acknowledged is asked for again.
        session = crypto.randomUUID();
        await pause(AFTER_FAILURE_MS, signal).catch(() => undefined);
      }
    }
  }

  async #handle(posted: MessagePostedV1['payload'], handler: MessageHandler): Promise<void> {
    const { body } = posted;
    if (isReply(body)) {
      this.#answers.get(body.nova_reply)?.(body.body);
      return;
    }
    const isRequest = isQuestion(body);
    const answer = await handler({
      messageId: posted.message_id,
      from: posted.from,
      body: isRequest ? body.body : body,
      isRequest,
    });
    if (!isRequest) return;
    const reply: Reply = { nova_reply: body.nova_request, body: answer ?? null };
    await this.sendMessage(posted.from, reply, { idempotencyKey: `reply-${posted.message_id}` });
  }
}

const hasText = (body: unknown, name: string): boolean =>
  typeof body === 'object' && body !== null && typeof (body as Record<string, unknown>)[name] === 'string';
const isQuestion = (body: unknown): body is Question => hasText(body, 'nova_request');
const isReply = (body: unknown): body is Reply => hasText(body, 'nova_reply');

function noAnswer(to: string, timeoutMs: number): NovaApiError {
  return new NovaApiError({
    code: 'DEADLINE',
    status: 0,
    detail: `${to} did not answer within ${timeoutMs} ms.`,
    hint: 'GET /v1/messages/{id} shows whether the question was delivered.',
    retryable: true,
  });
}
