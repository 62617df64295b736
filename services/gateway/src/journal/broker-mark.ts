// How a gateway notices that the broker is not the one it wrote to, or has less than it had: a key of its journal's own that
// every write raises. A key that is gone means that the data is, a count that went back that the data is older.
import { randomUUID } from 'node:crypto';
import { asHash, asNumber, type Broker, type Command, type Reply } from '@nova-torch/streams';

/** `lost`: the broker has nothing of this journal. `older`: it has less than it had. */
export type Behind = 'lost' | 'older';

/** A raise of the mark on its way. */
export interface Raise {
  /** Commands that go behind what was sent, in the same round trip. None while the mark is held. */
  readonly commands: Command[];
  /** Takes the answers to them, none if nothing was asked; tells when the broker is behind. */
  judge(replies: readonly Reply[]): Behind | undefined;
}

/** Counts answered that are remembered: far more than raises are ever on their way at once. */
const ANSWERED_MAX = 10_000;

/**
 * What the broker says is compared with what was known when it was asked, never with what has been heard since: answers
 * that came in their order may be taken in another one.
 */
export class BrokerMark {
  readonly #broker: Pick<Broker, 'batch' | 'call'>;
  readonly #key: string;
  /** The highest count heard since the mark was last held. */
  #count: number | undefined;
  /** Counts that raises got, the newest of them: every raise gets one of its own, unless the data went back. */
  #answered = new Set<number>();
  #n = 0;
  #held = false;
  /** What is written into a held mark, once the broker has it. */
  #pause: string | undefined;
  /** How often the mark was held: what was asked before says nothing about what came after. */
  #holds = 0;

  constructor(broker: Pick<Broker, 'batch' | 'call'>, key: string) {
    this.#broker = broker;
    this.#key = key;
  }

  /** Raises the mark behind what was sent up to record `n`. */
  raise(n: number): Raise {
    if (this.#held) return { commands: [], judge: () => undefined };
    this.#n = Math.max(this.#n, n);
    const [known, holds] = [this.#count, this.#holds];
    return {
      commands: [
        ['HINCRBY', this.#key, 'count', 1],
        ['HSET', this.#key, 'n', this.#n],
      ],
      judge: ([count]) => {
        if (count === undefined || this.#held || holds !== this.#holds) return undefined;
        return this.#judgeRaise(asNumber(count), known);
      },
    };
  }

  /**
   * Asks the broker. `n` is undefined when it has no mark; `unfinished` is what this journal's gateway was doing about a broker
   * that was behind when it ended.
   */
  async look(): Promise<{
    readonly behind: Behind | undefined;
    readonly n: number | undefined;
    readonly unfinished: Behind | undefined;
  }> {
    const [known, ownPause, holds] = [this.#count, this.#pause, this.#holds];
    const { count, n, pause } = asHash(await this.#broker.call('HGETALL', this.#key)) ?? {};
    const [what] = (pause ?? '').split(' ');
    const unfinished: Behind | undefined = what === 'lost' || what === 'older' ? what : undefined;
    const found = { n: n === undefined ? undefined : Number(n), unfinished };
    if (holds !== this.#holds) return { ...found, behind: undefined };
    if (ownPause !== undefined) return { ...found, behind: pause === ownPause ? undefined : 'lost' };
    if (count === undefined) return { ...found, behind: known === undefined ? undefined : 'lost' };
    if (known !== undefined && Number(count) < known) return { ...found, behind: 'older' };
    this.#count = Math.max(this.#count ?? 0, Number(count));
    return { ...found, behind: undefined };
  }

  /**
   * From here on nothing raises the mark until it is set: a gateway that ends before begins anew, and so does this one when
   * the broker loses its data again. Rejects with the broker's error.
   */
  async hold(cause: Behind | 'start'): Promise<void> {
    this.#held = true;
    this.#holds += 1;
    this.#count = undefined;
    this.#answered = new Set();
    this.#pause = undefined;
    if (cause === 'start') return;
    const pause = `${cause} ${randomUUID()}`;
    await this.#broker.call('HSET', this.#key, 'pause', pause);
    this.#pause = pause;
  }

  /** Sets the mark anew. Rejects with the broker's error. */
  async set(n: number): Promise<void> {
    this.#n = Math.max(this.#n, n);
    const [count] = await this.#broker.batch([
      ['HINCRBY', this.#key, 'count', 1],
      ['HSET', this.#key, 'n', this.#n],
      ['HDEL', this.#key, 'pause'],
    ]);
    this.#count = asNumber(count);
    this.#held = false;
    this.#pause = undefined;
  }

  #judgeRaise(count: number, known: number | undefined): Behind | undefined {
    const isBehind = (known !== undefined && count <= known) || this.#answered.has(count);
    if (isBehind) return count <= 1 ? 'lost' : 'older';
    this.#answered.add(count);
    const [oldest] = this.#answered;
    if (this.#answered.size > ANSWERED_MAX && oldest !== undefined) this.#answered.delete(oldest);
    this.#count = Math.max(this.#count ?? 0, count);
    return undefined;
  }
}
