// Hands messages from other agents to the handler, one at a time: of those that wait the most urgent first, those alike
// in their order, and no expired one.
//
// M1 A message is acknowledged, and said to be delivered, after the handler took it (I4, I10). A crash before means
//    that it comes again.
// M2 Bounded: while WAITING_MAX wait the inbox is not read further; a call of the handler has a deadline, so it goes on.
import {
  hasExpired,
  MessageDeliveredV1,
  type MessagePostedV1,
  newMessage,
  nextOfInbox,
} from '@nova-torch/protocol';
import type { AgentLogger } from './logger.ts';
import type { Outbox } from './outbox.ts';
import { backoffMs, pause } from './pause.ts';
import type { MessageHandler } from './task-context.ts';

const WAITING_MAX = 256;
/** Messages taken that are remembered, so that a late copy is not handed out again. */
const MEMORY_MAX = 10_000;
const TRIES_MAX = 3;
const RETRY = { firstMs: 200, maxMs: 2_000 };

export interface MessageLoopOptions {
  /** Without one, messages stay in the inbox unacknowledged: nobody took them. */
  readonly handler: MessageHandler | undefined;
  /** How long one call of the handler may take, in ms. */
  readonly deadlineMs: number;
  readonly outbox: Outbox;
  readonly nowMs: () => number;
  readonly logger: AgentLogger;
}

interface Waiting {
  readonly posted: MessagePostedV1;
  readonly entryId: string;
}

export class MessageLoop {
  readonly #options: MessageLoopOptions;
  readonly #waiting: Waiting[] = [];
  #given = 0;
  /** Ids of messages in hand or taken lately. */
  readonly #known = new Map<string, 'in hand' | 'taken'>();
  readonly #room = new Set<() => void>();
  #running = false;
  #stopped = false;

  constructor(options: MessageLoopOptions) {
    this.#options = options;
  }

  take(posted: MessagePostedV1, entryId: string): void {
    const { message_id } = posted.payload;
    if (this.#options.handler === undefined) {
      this.#options.logger.debug({ message_id }, 'no message handler: the message stays in the inbox');
      return;
    }
    const known = this.#known.get(message_id);
    if (known === 'taken') this.#delivered(posted, entryId);
    if (known !== undefined) return;
    this.#remember(message_id, 'in hand');
    this.#waiting.push({ posted, entryId });
    if (!this.#running) void this.#run(this.#options.handler);
  }

  /** Resolves when more messages may be taken. */
  room(): Promise<void> {
    if (this.#waiting.length < WAITING_MAX || this.#stopped) return Promise.resolve();
    return new Promise((resolve) => this.#room.add(resolve));
  }

  /** Hands nothing further to the handler; what waits stays in the inbox. */
  stop(): void {
    this.#stopped = true;
    this.#waiting.length = 0;
    this.#wake();
  }

  async #run(handler: MessageHandler): Promise<void> {
    this.#running = true;
    for (let next = this.#next(); next && !this.#stopped; next = this.#next()) {
      this.#wake();
      if (hasExpired(next.posted, this.#options.nowMs())) {
        this.#expired(next);
        continue;
      }
      await this.#call(handler, next.posted);
      this.#remember(next.posted.payload.message_id, 'taken');
      this.#delivered(next.posted, next.entryId);
    }
    this.#running = false;
  }

  #next(): Waiting | undefined {
    const [next] = nextOfInbox(this.#waiting, 1, this.#given, ({ posted }) => posted);
    if (next === undefined) return undefined;
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    this.#given += 1;
    return next;
  }

  /** Its time was over before its turn came: nobody took it. */
  #expired({ posted, entryId }: Waiting): void {
    const { agent_id, message_id } = posted.payload;
    this.#options.logger.info({ message_id }, 'a message has expired before its turn');
    this.#known.delete(message_id);
    void this.#options.outbox.add({ agentId: agent_id, entryIds: [entryId], expired: true });
  }

  /** The agent had the message even if its handler fails each time: that is logged, and the queue goes on. */
  async #call(handler: MessageHandler, { payload }: MessagePostedV1): Promise<void> {
    const { message_id, from, to, body } = payload;
    for (let tries = 1; tries <= TRIES_MAX; tries += 1) {
      const late = Promise.withResolvers<never>();
      const { deadlineMs } = this.#options;
      const timer = setTimeout(() => late.reject(new Error(`no end within ${deadlineMs} ms`)), deadlineMs);
      try {
        await Promise.race([handler({ messageId: message_id, from, to, body }), late.promise]);
        return;
      } catch (error) {
        this.#options.logger.error({ message_id, tries, err: error }, 'the message handler failed');
        if (tries < TRIES_MAX) await pause(backoffMs(tries, RETRY));
      } finally {
        clearTimeout(timer);
      }
    }
  }

  #delivered(posted: MessagePostedV1, entryId: string): void {
    const { agent_id, message_id } = posted.payload;
    const nowMs = this.#options.nowMs();
    const delivered = newMessage(
      MessageDeliveredV1,
      { message_id, agent_id, at_ms: nowMs },
      {
        sender: agent_id,
        target: 'collaboration',
        nowMs,
        causation_id: posted.id,
        traceparent: posted.traceparent,
      },
    );
    void this.#options.outbox.add({ agentId: agent_id, entryIds: [entryId], delivered });
  }

  #remember(messageId: string, state: 'in hand' | 'taken'): void {
    this.#known.delete(messageId);
    this.#known.set(messageId, state);
    if (this.#known.size <= MEMORY_MAX) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }

  #wake(): void {
    for (const resolve of this.#room) resolve();
    this.#room.clear();
  }
}
