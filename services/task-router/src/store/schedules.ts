import { type Message, SCHEDULES_MAX, type Schedule, type ScheduleId } from '@nova-torch/protocol';
import { asList, asString, asStrings, type Broker, defineScript } from '@nova-torch/streams';
import { NotLeaderError } from './apply-transitions.ts';
import type { RouterKeys } from './keys.ts';

/** A schedule, and its text in the store: what a change is guarded by. */
export interface StoredSchedule {
  readonly schedule: Schedule;
  readonly text: string;
}

const script = defineScript({
  name: 'write-schedule',
  file: new URL('./write-schedule.lua', import.meta.url),
  parse: asString,
});

/** Reads of schedules; any replica may make them. Only this service writes them: their JSON is not validated again. */
export class ScheduleReader {
  readonly #broker: Broker;
  readonly #keys: RouterKeys;

  constructor(broker: Broker, keys: RouterKeys) {
    this.#broker = broker;
    this.#keys = keys;
  }

  async read(ids: readonly string[]): Promise<StoredSchedule[]> {
    if (ids.length === 0) return [];
    const texts = asList(await this.#broker.call('HMGET', this.#keys.schedules, ...ids)).map(asString);
    return texts
      .filter((text) => text !== '')
      .map((text) => ({ text, schedule: JSON.parse(text) as Schedule }));
  }

  async one(id: ScheduleId): Promise<StoredSchedule | undefined> {
    return (await this.read([id]))[0];
  }

  /** Ids after `cursor`, in the order of their making. There are at most SCHEDULES_MAX. */
  async idsAfter(cursor: string, count: number): Promise<string[]> {
    const ids = asStrings(await this.#broker.call('HKEYS', this.#keys.schedules));
    return ids
      .filter((id) => id > cursor)
      .sort()
      .slice(0, count);
  }

  /** Ids of those that are due, the longest due first. */
  async due(nowMs: number, count: number): Promise<string[]> {
    const key = this.#keys.schedulesDue;
    return asStrings(await this.#broker.call('ZRANGEBYSCORE', key, '-inf', nowMs, 'LIMIT', 0, count));
  }

  /** When the next one is due, Unix milliseconds; undefined when none is active. */
  async nextDueMs(): Promise<number | undefined> {
    const [, score] = asStrings(
      await this.#broker.call('ZRANGE', this.#keys.schedulesDue, 0, 0, 'WITHSCORES'),
    );
    return score === undefined ? undefined : Number(score);
  }
}

/** One change of a schedule. */
export interface ScheduleWrite {
  readonly id: ScheduleId;
  /** As it was read; undefined for a new one. */
  readonly before: StoredSchedule | undefined;
  /** As it is to be; undefined deletes it. */
  readonly after: Schedule | undefined;
  /** Submits the task of a run. */
  readonly message?: Message | undefined;
}

/** Writes schedules for one term. */
export class ScheduleBook extends ScheduleReader {
  readonly #writing: { readonly broker: Broker; readonly keys: RouterKeys; readonly term: number };

  #onDue: ((dueMs: number) => void) | undefined;

  constructor(broker: Broker, keys: RouterKeys, term: number) {
    super(broker, keys);
    this.#writing = { broker, keys, term };
  }

  /** Who is told when a written schedule is due, Unix milliseconds. */
  listen(onDue: (dueMs: number) => void): void {
    this.#onDue = onDue;
  }

  /** Throws NotLeaderError, or the broker's error: then it is unknown what was written, and the same may be written again. */
  async write({ id, before, after, message }: ScheduleWrite): Promise<'applied' | 'changed' | 'full'> {
    const { broker, keys, term } = this.#writing;
    const verdict = await broker.run(script, {
      keys: [keys.leader, keys.schedules, keys.schedulesDue, keys.streams.tasksQueue],
      args: [
        ...[term, id, before?.text ?? '', after === undefined ? '' : JSON.stringify(after)],
        ...[after?.next_run_at_ms ?? '', message === undefined ? '' : JSON.stringify(message)],
        SCHEDULES_MAX,
      ],
    });
    if (verdict === 'not-leader') throw new NotLeaderError(term);
    if (after?.next_run_at_ms !== undefined) this.#onDue?.(after.next_run_at_ms);
    return verdict as 'applied' | 'changed' | 'full';
  }
}
