// How a gateway notices that the broker is not the one it wrote to, or has less than it had: a key of its journal's own that
// every write raises. A key that is gone means that the data is, a count that went back that the data is older.
import { randomUUID } from 'node:crypto';
import { asHash, asNumber, type Broker, type Command, type Reply } from '@nova-torch/streams';

/** `lost`: the broker has nothing of this journal. `older`: it has less than it had. */
export type Behind = 'lost' | 'older';

export class BrokerMark {
  readonly #broker: Broker;
  readonly #key: string;
  #count: number | undefined;
  #n = 0;
  #held = false;
  #pause: string | undefined;

  constructor(broker: Broker, key: string) {
    this.#broker = broker;
    this.#key = key;
  }

  /** Commands that go behind what was sent up to record `n`, in the same round trip. None while the mark is held. */
  raise(n: number): Command[] {
    if (this.#held) return [];
    this.#n = Math.max(this.#n, n);
    return [
      ['HINCRBY', this.#key, 'count', 1],
      ['HSET', this.#key, 'n', this.#n],
    ];
  }

  /** Takes the answers to the commands of `raise`; tells when the broker is behind. */
  raised(replies: readonly Reply[]): Behind | undefined {
    if (replies.length === 0 || this.#held) return undefined;
    return this.#compare(asNumber(replies[0]));
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
    const { count, n, pause } = asHash(await this.#broker.call('HGETALL', this.#key)) ?? {};
    const [what] = (pause ?? '').split(' ');
    const unfinished: Behind | undefined = what === 'lost' || what === 'older' ? what : undefined;
    const found = { n: n === undefined ? undefined : Number(n), unfinished };
    if (this.#pause !== undefined) return { ...found, behind: pause === this.#pause ? undefined : 'lost' };
    const last = this.#count;
    if (count === undefined) return { ...found, behind: last === undefined ? undefined : 'lost' };
    if (last !== undefined && Number(count) < last) return { ...found, behind: 'older' };
    this.#count = Math.max(last ?? 0, Number(count));
    return { ...found, behind: undefined };
  }

  /**
   * From here on nothing raises the mark until it is set: a gateway that ends before begins anew, and so does this one when
   * the broker loses its data again. Rejects with the broker's error.
   */
  async hold(cause: Behind | 'start'): Promise<void> {
    this.#held = true;
    this.#count = undefined;
    if (cause === 'start') return;
    this.#pause = `${cause} ${randomUUID()}`;
    await this.#broker.call('HSET', this.#key, 'pause', this.#pause);
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

  #compare(count: number): Behind | undefined {
    const last = this.#count;
    if (last !== undefined && count <= last) return count <= 1 ? 'lost' : 'older';
    this.#count = Math.max(last ?? 0, count);
    return undefined;
  }
}
