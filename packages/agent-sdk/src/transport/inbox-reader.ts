// Reads one agent's inbox: first what was handed out and not acknowledged, then what is new.
import { type AgentId, INBOX_GROUP } from '@nova-torch/protocol';
import { asStreamEntries, type Broker, type Reader, type StreamEntry } from '@nova-torch/streams';

const BLOCK_MAX_MS = 2_000;

export class InboxReader {
  readonly #broker: Broker;
  readonly #inbox: string;
  /** The agent's id, as at the gateway: an agent that comes back, by either way, finds what it had. */
  readonly #consumer: string;
  readonly #reader: Reader;
  /** Where the reading of unacknowledged entries stands; undefined when it is complete. */
  #pendingAfter: string | undefined = '0';

  constructor(broker: Broker, inbox: string, agentId: AgentId) {
    this.#broker = broker;
    this.#inbox = inbox;
    this.#consumer = agentId;
    this.#reader = broker.openReader('inbox');
  }

  /**
   * At most `max` entries; none when nothing came within `waitMs`; 0 does not wait. After a failed read, whose answer may have been on
   * its way, what is unacknowledged is read again. Rejects with the broker's error; NOGROUP: the inbox is gone.
   */
  async read(max: number, waitMs: number): Promise<StreamEntry[]> {
    try {
      const pending =
        this.#pendingAfter === undefined ? [] : await this.#readPending(max, this.#pendingAfter);
      return pending.length > 0 ? pending : await this.#readNew(max, Math.min(waitMs, BLOCK_MAX_MS));
    } catch (error) {
      this.#pendingAfter = '0';
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  async #readPending(max: number, after: string): Promise<StreamEntry[]> {
    // Nothing may become unacknowledged behind this reading's back, on a connection that was lost.
    await this.#reader.endLost();
    const entries = entriesOf(await this.#broker.call('XREADGROUP', ...this.#args(max, [], after)));
    this.#pendingAfter = entries.at(-1)?.id;
    return entries;
  }

  async #readNew(max: number, blockMs: number): Promise<StreamEntry[]> {
    if (blockMs <= 0) {
      await this.#reader.endLost();
      return entriesOf(await this.#broker.call('XREADGROUP', ...this.#args(max, [], '>')));
    }
    return entriesOf(
      await this.#reader.read('XREADGROUP', this.#args(max, ['BLOCK', blockMs], '>'), blockMs),
    );
  }

  #args(max: number, block: readonly (string | number)[], after: string): (string | number)[] {
    return ['GROUP', INBOX_GROUP, this.#consumer, 'COUNT', max, ...block, 'STREAMS', this.#inbox, after];
  }
}

const entriesOf = (reply: unknown): StreamEntry[] => asStreamEntries(reply)[0]?.entries ?? [];
