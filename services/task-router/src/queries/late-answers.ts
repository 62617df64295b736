import type { Message } from '@nova-torch/protocol';
import type { Logger, Service } from '@nova-torch/service-kit';
import type { Delivered, Producer } from '@nova-torch/streams';

/** Answers that may take seconds; those that are due in one instance. */
const PENDING_MAX = 256;

/**
 * Gives answers after their question was acknowledged, so that a slow one holds up no other question. Questions alone may
 * be answered so: they change nothing, and whoever gets no answer because this process ended asks again.
 */
export class LateAnswers implements Service {
  readonly #producer: Producer<Message>;
  readonly #logger: Logger;
  readonly #pending = new Set<Promise<void>>();

  constructor(producer: Producer<Message>, logger: Logger) {
    this.#producer = producer;
    this.#logger = logger;
  }

  /** Whether no further answer may be begun now. */
  get isFull(): boolean {
    return this.#pending.size >= PENDING_MAX;
  }

  /** Sends the answer once it is known. */
  give(request: Delivered<Message>, answer: Promise<Message>): void {
    const giving = answer
      .then(async (message) => void (await this.#producer.reply(request, message)))
      .catch((error: unknown) => {
        this.#logger.warn({ err: error, type: request.message.type }, 'a question was not answered');
      })
      .finally(() => this.#pending.delete(giving));
    this.#pending.add(giving);
  }

  async start(): Promise<void> {}

  /** Resolves when every answer is out. */
  async stop(): Promise<void> {
    await Promise.all(this.#pending);
  }
}
